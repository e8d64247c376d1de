/** What the server's own tests wrote (`release-api`, tests/contract/fixtures.rs): its answers, whole. */
import diagnostics from '../api/fixtures/diagnostics.json';
import reasons from '../api/fixtures/reasons.json';
import states from '../api/fixtures/states.json';
import type { RefusalReason } from '../api/problem';
import type { ActionReason, Diagnostic, LifecycleState, Release, Ticket, TicketStatus, TimelineEvent } from '../api/types';
import type { EventType } from '../api/words';

/** Records of what is served: JSON has no closed words, so their keys are compared with the page's own in a test. */
export const RELEASES = states.releases as unknown as Record<LifecycleState, Release>;
export const TICKETS = states.tickets as unknown as Record<TicketStatus, Ticket>;
export const EVENTS = states.events as unknown as Partial<Record<EventType, TimelineEvent>>;
export const SERVED_EVENT_TYPES: readonly string[] = states.event_types;
export const REASONS = reasons as unknown as Record<RefusalReason, ActionReason>;
export const DIAGNOSTICS = diagnostics as unknown as Record<Diagnostic['code'], Diagnostic>;

/** The release that was served in that state; a test says what is special about its own. */
export const release = (part: Partial<Release> = {}): Release => ({ ...RELEASES[part.lifecycle_state ?? 'draft'], ...part });
export const ticket = (part: Partial<Ticket> = {}): Ticket => ({ ...TICKETS[part.status ?? 'pending'], ...part });
export const diagnostic = (part: Partial<Diagnostic> = {}): Diagnostic => ({ ...DIAGNOSTICS[part.code ?? 'exited'], ...part });

/** An event as it was served; of a type that no story of theirs tells, one with nothing in it. */
export function event(type: EventType): TimelineEvent {
  const any = Object.values(EVENTS)[0];
  if (any === undefined) throw new Error('the fixtures have no event');
  return EVENTS[type] ?? { ...any, event_type: type, data: {} };
}
