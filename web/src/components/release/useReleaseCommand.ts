import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { keys } from '../../api/keys';
import { deployment } from '../../api/modules/deployment';
import type { Release } from '../../api/types';
import { useCommand } from '../../api/useCommand';
import { toast } from '../../ui/toast';
import type { Command } from './flow';
import { useSheet } from './useSheet';

/** Starts a release's commands: what a button and a line of the palette do is this. */
export function useReleaseCommand(release: Release) {
  const open = useSheet();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const renew = () => queries.invalidateQueries({ queryKey: keys.release(release.id) });
  const preview = useCommand((id: string, key) => deployment.preview(id, key), {
    success: (answer) => {
      queries.setQueryData(keys.part(release.id, 'plan', 'apply'), answer);
      void renew();
      void navigate({ to: '/releases/$id', params: { id: release.id }, search: (prev: object) => ({ ...prev, tab: 'plan' as const }) });
    },
    error: () => void renew(),
  });
  const copy = useCommand((id: string, key) => deployment.create({ copy_of: id }, key), {
    success: (made) => void navigate({ to: '/releases/new', search: { draft: made.id } }),
  });
  const observe = useCommand((id: string) => deployment.observe(id), {
    success: (answer) => {
      queries.setQueryData(keys.part(release.id, 'objects'), answer);
      void renew();
      toast(release.target.name);
    },
  });
  const run = (command: Command) => {
    switch (command) {
      case 'preview':
        return preview.mutate(release.id);
      case 'copy':
        return copy.mutate(release.id);
      case 'observe':
        return observe.mutate(release.id);
      case 'edit':
        return void navigate({ to: '/releases/new', search: { draft: release.id, step: 'draft' } });
      case 'rollback':
        return void open({ command, release });
      case 'submit':
      case 'release':
      case 'apply':
      case 'break_glass':
      case 'cancel':
        return open({ command, release });
    }
  };
  const pending: Command | undefined = preview.isPending ? 'preview' : copy.isPending ? 'copy' : observe.isPending ? 'observe' : undefined;
  return { run, pending, error: preview.error ?? copy.error ?? observe.error };
}
