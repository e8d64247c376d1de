/**
 * What a release's page says and offers first, from what the server answered: a pure function of the release, with no rule
 * of its own about what is permitted (that is `actions`).
 */
import type { RefusalReason } from '../../api/problem';
import type { ActionWord, LifecycleState, Release, ReleaseAction } from '../../api/types';

export type Tone = 'calm' | 'busy' | 'good' | 'warn' | 'bad';
/** Names a sentence of `releases:flow`. */
export type Headline =
  | 'draft' | 'previewed' | 'previewedFree' | 'pending_approval' | 'approved' | 'rejected' | 'applying' | 'applied' | 'appliedCurrent'
  | 'failed' | 'rollback' | 'rolled_back' | 'rolledBackTo' | 'uninstalled' | 'cancelled' | 'historical' | 'historicalUnknown';
/** `release` submits and applies in one sheet, where no approval is asked. */
export type Command = ActionWord | 'release';

export type Flow = {
  tone: Tone;
  headline: Headline;
  /** What stands in the way of the next step; the page says it with what to do. */
  obstacles: RefusalReason[];
  primary: Command | undefined;
  /** Beside the primary one, in this order. */
  secondary: Command[];
};

/** Passed by previewing again, which the sheet does by itself as it opens (a changed plan is shown, and nothing sent). */
const RENEWED: Record<RefusalReason, boolean> = {
  preview_missing: true,
  preview_malformed: true,
  preview_expired: true,
  preview_mismatch: true,
  preview_consumed: true,
  preview_superseded: true,
  live_state_drifted: true,
  checks_failed: false,
  historical: false,
  not_current: false,
  not_submitted: false,
  approval_pending: false,
  approval_rejected: false,
  approval_expired: false,
  approval_voided: false,
  pending: false,
  approved: false,
  rejected: false,
  expired: false,
  voided: false,
  withdrawn: false,
  self_approval: false,
  not_eligible: false,
  assistant_cannot_decide: false,
  already_decided: false,
  held_after_rollback: false,
  freeze_window: false,
  execution_running: false,
  nothing_to_return_to: false,
  never_applied_here: false,
};

export const renewedByPreview = (reason: RefusalReason): boolean => RENEWED[reason];

export const actionOf = (release: Release, word: ActionWord): ReleaseAction | undefined => release.actions.find((a) => a.name === word);

const reasonsOf = (action: ReleaseAction | undefined): RefusalReason[] =>
  (action?.reasons ?? []).flatMap((r) => (r.reason_code === null || r.reason_code === undefined ? [] : [r.reason_code]));

/** The action as a sheet may open it: allowed, or held up by nothing but a preview that the sheet will renew. */
export function openable(action: ReleaseAction | undefined): ReleaseAction | undefined {
  if (action === undefined || action.allowed) return action;
  const renewable = action.reasons.length > 0 && action.reasons.every((r) => typeof r.reason_code === 'string' && RENEWED[r.reason_code]);
  return renewable ? { ...action, allowed: true } : action;
}

/** Which of the server's actions opens a command. */
export const actionFor = (command: Command): ActionWord => (command === 'release' ? 'submit' : command);

const unseen = (reasons: RefusalReason[]) => reasons.filter((r) => r !== 'preview_missing' && r !== 'not_submitted');

const STATES: Record<LifecycleState, (release: Release) => Flow> = {
  draft: (r) => ({ tone: 'calm', headline: 'draft', obstacles: unseen(reasonsOf(actionOf(r, 'submit'))), primary: 'preview', secondary: ['edit', 'cancel'] }),
  previewed: (r) => {
    const free = r.approval.required === 0;
    const obstacles = reasonsOf(actionOf(r, 'submit'));
    const again = obstacles.includes('checks_failed');
    return {
      tone: obstacles.length > 0 ? 'warn' : 'calm',
      headline: free ? 'previewedFree' : 'previewed',
      obstacles,
      primary: again ? 'edit' : free ? 'release' : 'submit',
      secondary: again ? ['preview', 'cancel'] : ['preview', 'edit', 'cancel'],
    };
  },
  pending_approval: (r) => ({ tone: 'busy', headline: 'pending_approval', obstacles: [], primary: undefined, secondary: ['preview', ...offered(r, 'break_glass'), 'cancel'] }),
  approved: (r) => {
    const obstacles = reasonsOf(actionOf(r, 'apply'));
    return { tone: obstacles.length > 0 ? 'warn' : 'good', headline: 'approved', obstacles, primary: obstacles.includes('approval_voided') ? 'preview' : 'apply', secondary: ['preview', ...offered(r, 'break_glass'), 'cancel'] };
  },
  rejected: () => ({ tone: 'bad', headline: 'rejected', obstacles: [], primary: 'copy', secondary: [] }),
  applying: () => ({ tone: 'busy', headline: 'applying', obstacles: [], primary: undefined, secondary: ['cancel'] }),
  applied: (r) => ({ tone: 'good', headline: r.is_current ? 'appliedCurrent' : 'applied', obstacles: [], primary: undefined, secondary: r.is_current ? ['copy', 'observe', 'rollback'] : ['copy'] }),
  failed: (r) => ({ tone: 'bad', headline: 'failed', obstacles: [], primary: actionOf(r, 'rollback')?.allowed === true ? 'rollback' : 'copy', secondary: actionOf(r, 'rollback')?.allowed === true ? ['copy'] : ['rollback'] }),
  rollback: () => ({ tone: 'busy', headline: 'rollback', obstacles: [], primary: undefined, secondary: [] }),
  rolled_back: (r) => ({ tone: 'warn', headline: r.rolled_back_to === 'uninstall' ? 'uninstalled' : r.rolled_back_to === null ? 'rolled_back' : 'rolledBackTo', obstacles: [], primary: 'copy', secondary: [] }),
  cancelled: () => ({ tone: 'calm', headline: 'cancelled', obstacles: [], primary: 'copy', secondary: [] }),
};

/** Break-glass is shown to those who may, and to nobody else a temptation. */
const offered = (r: Release, word: ActionWord): Command[] => (openable(actionOf(r, word))?.allowed === true ? [word] : []);

export function flowOf(release: Release): Flow {
  if (release.compat !== null) {
    return { tone: 'calm', headline: release.compat.mapped ? 'historical' : 'historicalUnknown', obstacles: [], primary: undefined, secondary: ['copy'] };
  }
  return STATES[release.lifecycle_state](release);
}

// ---- the way it goes

export const STEPS = ['draft', 'preview', 'approval', 'apply', 'verify', 'done'] as const;
export type Step = (typeof STEPS)[number];
/** Which events of a timeline are shown. */
export const EVENT_FILTERS = ['all', 'steps', 'decisions', 'objects'] as const;
export type StepState = 'done' | 'current' | 'todo' | 'failed' | 'skipped';

/** How far the apply came, from the stage it stands or stopped in. */
function applied(release: Release): 'apply' | 'verify' {
  return release.stage.name === 'waiting_healthy' || release.stage.name === 'done' ? 'verify' : 'apply';
}

const AT: Record<LifecycleState, (r: Release) => { at: Step; failed?: boolean; ended?: boolean }> = {
  draft: () => ({ at: 'draft' }),
  previewed: () => ({ at: 'preview' }),
  pending_approval: () => ({ at: 'approval' }),
  approved: () => ({ at: 'apply' }),
  rejected: () => ({ at: 'approval', failed: true }),
  applying: (r) => ({ at: applied(r) }),
  applied: () => ({ at: 'done', ended: true }),
  failed: (r) => ({ at: r.executions?.some((e) => e.kind === 'rollback') === true ? 'verify' : applied(r), failed: true }),
  // The apply keeps its track; the way back has one of its own beside it.
  rollback: (r) => (r.applied_at === null ? { at: 'verify', failed: true } : { at: 'done', ended: true }),
  rolled_back: (r) => (r.applied_at === null ? { at: 'verify', failed: true } : { at: 'done', ended: true }),
  cancelled: (r) => ({ at: r.approval.ticket_id !== null ? 'approval' : r.preview === null ? 'draft' : 'preview', failed: true }),
};

export function stepsOf(release: Release): { step: Step; state: StepState }[] {
  const { at, failed = false, ended = false } = AT[release.lifecycle_state](release);
  const reached = STEPS.indexOf(at);
  return STEPS.map((step, index) => {
    if (index > reached) return { step, state: 'todo' as const };
    if (index === reached) return { step, state: failed ? ('failed' as const) : ended ? ('done' as const) : ('current' as const) };
    const skipped = step === 'approval' && (release.approval.status === 'not_required' || (release.approval.required === 0 && release.approval.ticket_id === null));
    return { step, state: skipped ? ('skipped' as const) : ('done' as const) };
  });
}
