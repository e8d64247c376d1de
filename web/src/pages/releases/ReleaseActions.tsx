import { ActionIcon, Group, Menu } from '@mantine/core';
import { IconDotsVertical } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { notifications } from '@mantine/notifications';
import { useTranslation } from 'react-i18next';
import { keys } from '../../api/keys';
import { deployment } from '../../api/modules/deployment';
import type { Release } from '../../api/types';
import { useCommand } from '../../api/useCommand';
import { ActionButton } from '../../components/ActionButton';
import { ProblemNotice } from '../../components/ProblemNotice';
import { actionFor, actionOf, flowOf, openable, type Command } from '../../components/release/flow';
import { useSheet } from '../../components/release/useSheet';

/** The next step first, the others beside it; what is not allowed says why. */
export function ReleaseActions({ release, className }: { release: Release; className?: string | undefined }) {
  const { t } = useTranslation('releases');
  const { primary, secondary } = flowOf(release);
  const { run, pending, error } = useRun(release);
  const known = (command: Command) => actionOf(release, actionFor(command)) !== undefined;
  const all = [...(primary === undefined ? [] : [primary]), ...secondary].filter(known);
  if (all.length === 0) return null;
  // What destroys stands apart from what does not.
  const apart = (command: Command) => command === 'cancel' || command === 'break_glass' || (command === 'rollback' && primary !== 'rollback');
  const button = (command: Command) => (
    <ActionButton
      key={command}
      action={openable(actionOf(release, actionFor(command)))}
      variant={command === primary ? 'filled' : apart(command) ? 'outline' : 'default'}
      color={command === 'rollback' || command === 'break_glass' ? 'red' : command === 'cancel' ? 'gray' : 'blue'}
      loading={pending === command}
      onClick={() => run(command)}
    >
      {command === 'preview' && release.preview === null ? t('again.preview_first') : t(`again.${command}`)}
    </ActionButton>
  );
  return (
    <div className={className}>
      {error === null ? null : <ProblemNotice error={error} />}
      <Group justify="space-between" gap="sm" mt={error === null ? 0 : 'sm'}>
        <Group gap="xs">{all.filter((c) => !apart(c)).map(button)}</Group>
        <Group gap="xs">{all.filter(apart).map(button)}</Group>
      </Group>
    </div>
  );
}

function useRun(release: Release) {
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
      notifications.show({ message: release.target.name, role: 'status' });
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

export function ReleaseMenu({ release }: { release: Release }) {
  const { t } = useTranslation(['releases', 'shell']);
  const { run } = useRun(release);
  const ndjson = async () => {
    const answer = await fetch(`/api/v1/releases/${release.id}/timeline`, { headers: { accept: 'application/x-ndjson' } });
    const { saveText } = await import('../../ui/saveText');
    saveText(`release-${release.number}.ndjson`, await answer.text(), 'application/x-ndjson');
  };
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="default" size={34} aria-label={t('shell:action.menu')}>
          <IconDotsVertical size={18} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {actionOf(release, 'copy')?.allowed === true ? <Menu.Item onClick={() => run('copy')}>{t('releases:again.copy')}</Menu.Item> : null}
        <Menu.Item onClick={() => void ndjson()}>{t('releases:menu.ndjson')}</Menu.Item>
        <Menu.Item component={Link} to={`/audit?release=${release.id}`}>
          {t('releases:menu.audit')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
