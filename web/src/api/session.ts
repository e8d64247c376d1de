import type { Me, Permission } from './types';

/** `unknown` until the server was asked; `ended` where a session that this page had is over and the page is still open. */
export type SessionState = 'unknown' | 'in' | 'out' | 'ended';

type Snapshot = { state: SessionState; me: Me | undefined };

let now: Snapshot = { state: 'unknown', me: undefined };
const watchers = new Set<() => void>();

function become(next: Snapshot) {
  now = next;
  for (const each of watchers) each();
}

/** Who is signed in here. The CSRF token lives in memory only, with the rest of `me`. */
export const session = {
  get: (): Snapshot => now,
  csrf: (): string | undefined => now.me?.csrf_token ?? undefined,
  signedIn: (me: Me) => become({ state: 'in', me }),
  signedOut: () => become({ state: 'out', me: undefined }),
  /** A 401: the form that was open stays, and signing in goes on above it. */
  ended: () => {
    if (now.state === 'in') become({ state: 'ended', me: now.me });
  },
  subscribe: (watcher: () => void) => {
    watchers.add(watcher);
    return () => void watchers.delete(watcher);
  },
};

/** Whether `me` has a permission somewhere that covers project and environment; without either: anywhere. */
export function may(me: Me | undefined, permission: Permission, projectId?: string, environmentId?: string): boolean {
  return (me?.permissions ?? []).some(
    (p) =>
      p.permissions.includes(permission) &&
      (projectId === undefined || p.project_id === '*' || p.project_id === projectId) &&
      (environmentId === undefined || p.environment_id === '*' || p.environment_id === environmentId),
  );
}
