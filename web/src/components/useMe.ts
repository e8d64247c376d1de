import { useSyncExternalStore } from 'react';
import { may, session } from '../api/session';
import type { Me, Permission } from '../api/types';

export function useSession() {
  return useSyncExternalStore(session.subscribe, session.get);
}

/** Who is signed in. Below the shell somebody always is. */
export function useMe(): Me {
  const { me } = useSession();
  if (me === undefined) throw new Error('nobody is signed in');
  return me;
}

export function useMay(permission: Permission, projectId?: string, environmentId?: string): boolean {
  return may(useSession().me, permission, projectId, environmentId);
}
