/** The server's closed words as lists, for filters and search params. A record's keys: one that is missing does not compile. */
import type { Channel, LifecycleState } from './types';

const words = <W extends string>(each: Record<W, true>) => Object.keys(each) as unknown as readonly [W, ...W[]];

export const LIFECYCLE_STATES = words<LifecycleState>({ draft: true, previewed: true, pending_approval: true, approved: true, rejected: true, applying: true, applied: true, failed: true, rollback: true, rolled_back: true, cancelled: true });
export const CHANNELS = words<Channel>({ ui: true, api: true, cli: true, ai: true, mcp: true, ci: true, system: true });
