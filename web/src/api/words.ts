/** The server's closed words as lists, for filters and search params. A record's keys: one that is missing does not compile. */
import type { codes } from '../i18n/en';
import type { Channel, LifecycleState } from './types';

const words = <W extends string>(each: Record<W, true>) => Object.keys(each) as unknown as readonly [W, ...W[]];

export const LIFECYCLE_STATES = words<LifecycleState>({ draft: true, previewed: true, pending_approval: true, approved: true, rejected: true, applying: true, applied: true, failed: true, rollback: true, rolled_back: true, cancelled: true });
export const CHANNELS = words<Channel>({ ui: true, api: true, cli: true, ai: true, mcp: true, ci: true, system: true });

type Named = (typeof codes)['event'];
/** Every event that the texts name, `area.what`. */
export type EventType = { [Area in keyof Named & string]: `${Area}.${keyof Named[Area] & string}` }[keyof Named & string];
export const EVENT_TYPES = words<EventType>({
  'release.created': true, 'release.edited': true, 'release.cancelled': true, 'preview.issued': true, 'preview.failed': true,
  'approval.requested': true, 'approval.not_required': true, 'approval.decided': true, 'approval.granted': true, 'approval.rejected': true,
  'approval.expired': true, 'approval.voided': true, 'approval.withdrawn': true, 'gate.refused': true, 'break_glass.used': true,
  'apply.requested': true, 'apply.started': true, 'apply.succeeded': true, 'apply.failed': true, 'cancel.requested': true, 'stage.changed': true,
  'resource.changed': true, 'execution.resumed': true, 'diagnostics.recorded': true, 'rollback.requested': true, 'rollback.started': true,
  'rollback.succeeded': true, 'rollback.failed': true, 'access.denied': true, 'access.changed': true, 'project.changed': true,
  'environment.changed': true, 'policy.changed': true, 'service.changed': true, 'target.changed': true, 'target.status_changed': true,
  'webhook.changed': true, 'freeze.set': true, 'freeze.lifted': true, 'hold.set': true, 'hold.lifted': true, 'health.changed': true,
  'drift.detected': true, 'drift.cleared': true, 'history.imported': true, 'store.restored': true,
});
