import { useNavigate } from '@tanstack/react-router';
import { useMemo } from 'react';
import { deployment } from '../../api/modules/deployment';
import type { Release } from '../../api/types';
import { useShortcuts } from '../../ui/useShortcuts';

/** So many newest releases of a service are looked through for the ones beside this. */
const LOOKED_THROUGH = 200;

/** `[` and `]`: the release of this service on this target that was made before, and the one made after. */
export function useNeighbours(release: Release) {
  const navigate = useNavigate();
  const { id, number } = release;
  const [service, target] = [release.service.id, release.target.id];
  const shortcuts = useMemo(() => {
    const go = (by: 1 | -1) => async () => {
      const { items } = await deployment.list({ service: [service], target: [target] }, undefined, LOOKED_THROUGH);
      const beside = items.filter((each) => each.id !== id && (each.number - number) * by > 0);
      // Newest first: the nearest older one stands first, the nearest newer one last.
      const found = by < 0 ? beside[0] : beside.at(-1);
      if (found !== undefined) await navigate({ to: '/releases/$id', params: { id: found.id } });
    };
    return { '[': () => void go(-1)(), ']': () => void go(1)() };
  }, [navigate, id, number, service, target]);
  useShortcuts(shortcuts);
}
