/**
 * Every state the server can name, on the page: lifecycle state × approval status × stage, and every reason, diagnostic and
 * event. The words come from the server's own document, so that a new one fails here (and, where it has no text, does not
 * compile).
 */
import type { QueryClient } from '@tanstack/react-query';
import { screen, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { keys } from '../../api/keys';
import type { RefusalReason } from '../../api/problem';
import type { ActionWord, ApprovalStatus, Diagnostic, LifecycleState, Release, StageName, Ticket, TicketStatus, TimelineEvent } from '../../api/types';
import { EVENT_TYPES } from '../../api/words';
import { TicketCard } from '../../components/approval/TicketCard';
import { flowOf, stepsOf } from '../../components/release/flow';
import { LifecycleSteps } from '../../components/release/LifecycleSteps';
import { ReleaseNotice } from '../../components/release/ReleaseNotice';
import { RunsTrack } from '../../components/release/RunsTrack';
import { StageBar } from '../../components/release/StageBar';
import { StateBadge } from '../../components/release/StateBadge';
import { TimelinePanel } from '../../components/release/TimelinePanel';
import codes from '../../i18n/en/codes.json';
import { newQueries } from '../../queries';
import { DIAGNOSTICS, REASONS, RELEASES, SERVED_EVENT_TYPES, TICKETS, diagnostic, event, release, ticket } from '../../test/fixtures';
import { renderPart } from '../../test/render';
import { missingTexts } from '../../test/texts';
import { wordsOf } from '../../test/document';
import { DiagnosticsTab } from './DiagnosticsTab';
import { ReleaseActions } from './ReleaseActions';

const STATES = wordsOf('LifecycleState') as LifecycleState[];
const APPROVALS = wordsOf('ApprovalStatus') as ApprovalStatus[];
const STAGES = wordsOf('StageName') as StageName[];
const ACTIONS = wordsOf('ActionWord') as ActionWord[];
const REASON_WORDS = wordsOf('RefusalReason') as RefusalReason[];
/** Hundreds of renderings on a busy machine. */
const LONG_MS = 300_000;

const missing = missingTexts();

/** Everything a release's page shows of where it stands. */
function Panels({ of, asked }: { of: Release; asked: Ticket | undefined }) {
  return (
    <div data-testid="panels">
      <StateBadge state={of.lifecycle_state} />
      <LifecycleSteps release={of} />
      <StageBar release={of} />
      <RunsTrack release={of} />
      <ReleaseNotice release={of} />
      <ReleaseActions release={of} />
      {asked === undefined ? null : <TicketCard ticket={asked} />}
      <DiagnosticsTab release={of} />
      <TimelinePanel release={of} filter="all" step={undefined} linked={undefined} onNarrow={() => undefined} />
    </div>
  );
}

/** The ticket that a release of that approval would show, as one of that status was served. */
const ASKED: Record<ApprovalStatus, TicketStatus | undefined> = {
  not_requested: undefined,
  not_required: undefined,
  pending: 'pending',
  approved: 'approved',
  rejected: 'rejected',
  expired: 'expired',
  voided: 'voided',
  withdrawn: 'withdrawn',
};

/** What the panels read, as the server answered it, so that nothing is asked. */
function served(queries: QueryClient, id: string, events: TimelineEvent[]) {
  queries.setQueryData(keys.part(id, 'diagnostics'), { items: [diagnostic()] });
  queries.setQueryData(keys.part(id, 'timeline'), { pages: [{ items: events, next_cursor: null, event_seq: 1 }], pageParams: [undefined] });
}

const denied = (name: ActionWord, reason: RefusalReason): Release['actions'][number] => ({ name, allowed: false, reasons: [REASONS[reason]] });
const allow = (name: ActionWord): Release['actions'][number] => ({ name, allowed: true, reasons: [] });

/** Every control that is not open says why, to assistive technology as well. */
function expectReasons(panel: HTMLElement) {
  for (const button of within(panel).queryAllByRole('button')) {
    if (button.getAttribute('aria-disabled') !== 'true') continue;
    const why = document.getElementById(button.getAttribute('aria-describedby')?.split(' ')[0] ?? '')?.textContent ?? '';
    expect(why.length, `${button.textContent} says why`).toBeGreaterThan(10);
  }
}

describe('what the server serves', () => {
  it('is what this page knows: states, approvals, tickets, reasons, diagnoses, events', () => {
    expect(Object.keys(RELEASES).sort()).toEqual([...STATES].sort());
    expect(Object.keys(codes.lifecycle).sort()).toEqual([...STATES].sort());
    expect(Object.keys(ASKED).sort()).toEqual([...APPROVALS].sort());
    expect(Object.keys(TICKETS).sort()).toEqual(wordsOf('TicketStatus').sort());
    expect(Object.keys(REASONS).sort()).toEqual([...REASON_WORDS].sort());
    expect(Object.keys(DIAGNOSTICS).sort()).toEqual(wordsOf('DiagnosticCode').sort());
    expect([...EVENT_TYPES].sort()).toEqual([...SERVED_EVENT_TYPES].sort());
  });
});

describe('every event that the server can tell', () => {
  it('stands in the timeline in words of its own', async () => {
    const queries = newQueries();
    queries.setDefaultOptions({ queries: { enabled: false } });
    const told = EVENT_TYPES.map((type, index) => ({ ...event(type), seq: index + 1 }));
    served(queries, release().id, told);
    await renderPart(<TimelinePanel release={release()} filter="all" step={undefined} linked={undefined} onNarrow={() => undefined} />, queries);
    const rows = within(screen.getByRole('list', { name: 'Timeline' })).getAllByRole('listitem');
    expect(rows).toHaveLength(EVENT_TYPES.length);
    for (const [index, type] of EVENT_TYPES.entries()) {
      const [area, name] = type.split('.') as [string, string];
      expect(rows[index], type).toHaveTextContent((codes.event as Record<string, Record<string, string>>)[area]![name]!);
      expect(rows[index], type).not.toHaveTextContent(/undefined|\[object|\{\{/);
    }
    expect(missing).toEqual([]);
    process.stdout.write(`timeline: ${EVENT_TYPES.length} events shown, ${SERVED_EVENT_TYPES.filter((type) => !(EVENT_TYPES as readonly string[]).includes(type)).length} unknown\n`);
  });
});

describe('every state that the server can name', () => {
  it(
    'has its header, way, notice and actions on the page',
    async () => {
      const queries = newQueries();
      queries.setDefaultOptions({ queries: { enabled: false } });
      for (const one of Object.values(RELEASES)) served(queries, one.id, [event('release.created'), event('gate.refused'), event('resource.changed')]);
      const { show } = await renderPart(<div />, queries);
      let shown = 0;
      for (const lifecycle_state of STATES)
        for (const status of APPROVALS)
          for (const name of STAGES) {
            const base = RELEASES[lifecycle_state];
            const ticketStatus = ASKED[status];
            const one = release({
              lifecycle_state,
              approval: { ...base.approval, status, ticket_id: ticketStatus === undefined ? null : TICKETS[ticketStatus].id, required: status === 'not_required' ? 0 : 1 },
              stage: { name, objects_done: 1, objects_total: 3, since: null },
              actions: ACTIONS.map((action) => denied(action, 'execution_running')),
            });
            show(<Panels of={one} asked={ticketStatus === undefined ? undefined : TICKETS[ticketStatus]} />);
            const panel = screen.getByTestId('panels');
            expect(panel).toHaveTextContent(codes.lifecycle[lifecycle_state]);
            expect(within(panel).getByTestId('notice').textContent.length).toBeGreaterThan(10);
            const way = stepsOf(one);
            const current = within(panel).queryAllByRole('listitem').filter((li) => li.getAttribute('aria-current') === 'step').length;
            expect(current + way.filter((s) => s.state === 'failed').length + (way.at(-1)?.state === 'done' ? 1 : 0), `${lifecycle_state} stands at one step`).toBe(1);
            if (lifecycle_state === 'applying' || lifecycle_state === 'rollback') expect(panel).toHaveTextContent(codes.stage[name]);
            if (ticketStatus !== undefined) expect(panel).toHaveTextContent(codes.ticket[ticketStatus]);
            expect(within(panel).getAllByTestId('diagnostic')).toHaveLength(1);
            expect(within(panel).getByRole('list', { name: 'Timeline' })).toHaveTextContent(codes.event.gate.refused);
            expectReasons(panel);
            expect(panel.textContent).not.toMatch(/undefined|\[object|\{\{/);
            shown += 1;
          }
      expect(missing).toEqual([]);
      expect(shown).toBe(STATES.length * APPROVALS.length * STAGES.length);
      process.stdout.write(`state matrix: ${STATES.length} states x ${APPROVALS.length} approvals x ${STAGES.length} stages = ${shown} shown, 0 unknown\n`);
    },
    LONG_MS,
  );

  it.each(wordsOf('TicketStatus') as TicketStatus[])('has its approval panel: %s', async (status) => {
    await renderPart(<TicketCard ticket={ticket({ status, actions: ['approve', 'reject'].map((name) => ({ name, allowed: true, reasons: [] })) })} />);
    expect(screen.getAllByText(codes.ticket[status]).length).toBeGreaterThan(0);
    expect(screen.queryAllByRole('button', { name: 'Approve' })).toHaveLength(status === 'pending' ? 1 : 0);
    expect(missing).toEqual([]);
  });
});

describe('every reason that the server can give', () => {
  it.each(REASON_WORDS)('closes an action with words and what to do next: %s', async (reason) => {
    await renderPart(<ReleaseActions release={release({ lifecycle_state: 'rejected', actions: [denied('copy', reason)] })} />);
    const button = screen.getByRole('button');
    const renewed = button.getAttribute('aria-disabled') !== 'true';
    if (!renewed) {
      expect(button).toHaveAccessibleDescription(expect.stringContaining(codes.reason[reason]));
      expect(button).toHaveAccessibleDescription(expect.stringContaining(codes.next[reason]));
      expect(button).toHaveAccessibleDescription(expect.stringContaining('role approver'));
    }
    expect(missing).toEqual([]);
  });

  it.each(REASON_WORDS)('stands in the notice of an approved release that cannot be applied: %s', async (reason) => {
    await renderPart(<ReleaseNotice release={release({ lifecycle_state: 'approved', actions: [denied('apply', reason)] })} />);
    const notice = screen.getByTestId('notice');
    expect(notice).toHaveTextContent(codes.reason[reason]);
    expect(notice).toHaveTextContent(codes.next[reason]);
    expect(notice).toHaveAttribute('data-tone', 'warn');
  });

  it.each(wordsOf('ReleaseReason') as NonNullable<Release['reason_code']>[])('heads a release that ended with it: %s', async (reason_code) => {
    const queries = newQueries();
    queries.setQueryData(keys.part(RELEASES.failed.id, 'diagnostics'), { items: [] });
    await renderPart(<ReleaseNotice release={release({ lifecycle_state: 'failed', reason_code })} />, queries);
    const texts: Record<string, string> = { ...codes.diagnostic, ...codes.endReason };
    expect(screen.getByTestId('notice')).toHaveTextContent(texts[reason_code]!);
    expect(missing).toEqual([]);
  });
});

describe('every diagnosis', () => {
  it.each(wordsOf('DiagnosticCode') as Diagnostic['code'][])('shows its cause first: %s', async (code) => {
    const queries = newQueries();
    const found = diagnostic({ code });
    queries.setQueryData(keys.part(RELEASES.failed.id, 'diagnostics'), { items: [found, diagnostic({ id: 'x', summary: 'the second', code: 'unknown' })] });
    await renderPart(<DiagnosticsTab release={release({ lifecycle_state: 'failed' })} />, queries);
    const [cause] = await screen.findAllByTestId('diagnostic');
    expect(cause).toHaveTextContent(codes.diagnostic[code]);
    expect(cause).toHaveTextContent(found.summary);
    for (const line of found.evidence.log_tail ?? []) expect(cause).toHaveTextContent(line);
    expect(missing).toEqual([]);
  });
});

describe('what a release offers first', () => {
  it('is to preview a draft, and to submit what was previewed', () => {
    expect(flowOf(release({ lifecycle_state: 'draft' })).primary).toBe('preview');
    expect(flowOf(release({ lifecycle_state: 'previewed' })).primary).toBe('submit');
  });
  it('is to apply at once where no approval is asked', () => {
    expect(flowOf(release({ lifecycle_state: 'previewed', approval: { ...release().approval, required: 0 } })).primary).toBe('release');
  });
  it('is to mend a draft whose checks failed, never to submit it', () => {
    expect(flowOf(release({ lifecycle_state: 'previewed', actions: [denied('submit', 'checks_failed')] })).primary).toBe('edit');
  });
  it('is to look again where the approval was voided', () => {
    expect(flowOf(release({ lifecycle_state: 'approved', actions: [denied('apply', 'approval_voided')] })).primary).toBe('preview');
  });
  it('is to roll back what failed, where that is permitted', () => {
    expect(flowOf(release({ lifecycle_state: 'failed', actions: [allow('rollback')] })).primary).toBe('rollback');
    expect(flowOf(release({ lifecycle_state: 'failed', actions: [denied('rollback', 'nothing_to_return_to')] })).primary).toBe('copy');
  });
  it('is nothing for a row of an older system, whose own word is shown', () => {
    const row = release({ lifecycle_state: 'failed', compat: { raw_status: 'WEIRD', mapped: false } });
    expect(flowOf(row)).toMatchObject({ headline: 'historicalUnknown', primary: undefined });
  });
});
