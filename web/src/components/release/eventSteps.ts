import type { EventType } from '../../api/words';
import type { Step } from './flow';

/** To which step of a release's way an event belongs; none where it tells of something else. */
const STEP_OF: Record<EventType, Step | undefined> = {
  'release.created': 'draft', 'release.edited': 'draft', 'release.cancelled': 'done',
  'preview.issued': 'preview', 'preview.failed': 'preview',
  'approval.requested': 'approval', 'approval.not_required': 'approval', 'approval.decided': 'approval', 'approval.granted': 'approval', 'approval.rejected': 'approval',
  'approval.expired': 'approval', 'approval.voided': 'approval', 'approval.withdrawn': 'approval', 'break_glass.used': 'approval',
  'gate.refused': 'apply', 'apply.requested': 'apply', 'apply.started': 'apply', 'cancel.requested': 'apply', 'stage.changed': 'apply', 'resource.changed': 'apply', 'execution.resumed': 'apply',
  'apply.failed': 'verify', 'diagnostics.recorded': 'verify', 'health.changed': 'verify', 'drift.detected': 'verify', 'drift.cleared': 'verify',
  'apply.succeeded': 'done', 'rollback.requested': 'done', 'rollback.started': 'done', 'rollback.succeeded': 'done', 'rollback.failed': 'done', 'hold.set': 'done', 'hold.lifted': 'done', 'history.imported': 'done',
  'access.denied': undefined, 'access.changed': undefined, 'project.changed': undefined, 'environment.changed': undefined, 'policy.changed': undefined, 'service.changed': undefined,
  'target.changed': undefined, 'target.status_changed': undefined, 'webhook.changed': undefined, 'freeze.set': undefined, 'freeze.lifted': undefined, 'store.restored': undefined,
};

export const stepOf = (type: string): Step | undefined => (Object.hasOwn(STEP_OF, type) ? STEP_OF[type as EventType] : undefined);
