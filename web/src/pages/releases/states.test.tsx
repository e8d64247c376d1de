/**
 * Every state the server can name, on the page: lifecycle state × approval status × stage, and every reason, diagnostic and
 * event. The words come from the server's own document, so that a new one fails here (and, where it has no text, does not
 * compile).
 */
import { screen, within } from '@testing-library/react';
import i18next from 'i18next';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { keys } from '../../api/keys';
import type { RefusalReason } from '../../api/problem';
import type { ActionWord, ApprovalStatus, LifecycleState, Release, StageName, TicketStatus } from '../../api/types';
import { TicketCard } from '../../components/approval/TicketCard';
import { flowOf, stepsOf } from '../../components/release/flow';
import { LifecycleSteps } from '../../components/release/LifecycleSteps';
import { StageBar } from '../../components/release/StageBar';
import { StateBadge } from '../../components/release/StateBadge';
import { startI18n } from '../../i18n';
import codes from '../../i18n/en/codes.json';
import { newQueries } from '../../queries';
import { diagnostic, release, ticket } from '../../test/fixtures';
import { renderPart } from '../../test/render';
import { wordsOf } from '../../test/document';
import { DiagnosticsTab } from './DiagnosticsTab';
import { ReleaseActions } from './ReleaseActions';
import { ReleaseNotice } from './ReleaseNotice';

const STATES = wordsOf('LifecycleState') as LifecycleState[];
const APPROVALS = wordsOf('ApprovalStatus') as ApprovalStatus[];
const STAGES = wordsOf('StageName') as StageName[];
const ACTIONS = wordsOf('ActionWord') as ActionWord[];
const REASONS = wordsOf('RefusalReason') as RefusalReason[];
/** Hundreds of renderings on a busy machine. */
const LONG_MS = 300_000;

const missing: string[] = [];

beforeAll(async () => {
  await startI18n('en');
  i18next.options.saveMissing = true;
  i18next.on('missingKey', (_languages: readonly string[], namespace: string, key: string) => missing.push(`${namespace}:${key}`));
});
beforeEach(() => {
  missing.length = 0;
});

function Panels({ of }: { of: Release }) {
  return (
    <div data-testid="panels">
      <StateBadge state={of.lifecycle_state} />
      <LifecycleSteps release={of} />
      <StageBar release={of} />
      <ReleaseNotice release={of} />
      <ReleaseActions release={of} />
    </div>
  );
}

const denied = (name: ActionWord, reason: RefusalReason): Release['actions'][number] => ({ name, allowed: false, reasons: [{ code: 'preview_required', reason_code: reason, message: 'no', who: [{ kind: 'role', name: 'approver' }] }] });
const allow = (name: ActionWord): Release['actions'][number] => ({ name, allowed: true, reasons: [] });

/** Every control that is not open says why, to assistive technology as well. */
function expectReasons(panel: HTMLElement) {
  for (const button of within(panel).queryAllByRole('button')) {
    if (button.getAttribute('aria-disabled') !== 'true') continue;
    const why = document.getElementById(button.getAttribute('aria-describedby')?.split(' ')[0] ?? '')?.textContent ?? '';
    expect(why.length, `${button.textContent} says why`).toBeGreaterThan(10);
  }
}

describe('every state that the server can name', () => {
  it(
    'has its header, way, notice and actions on the page',
    async () => {
      const queries = newQueries();
      queries.setQueryData(keys.part(release().id, 'diagnostics'), { items: [diagnostic()] });
      const { show } = await renderPart(<div />, queries);
      let shown = 0;
      for (const lifecycle_state of STATES)
        for (const status of APPROVALS)
          for (const name of STAGES) {
            const one = release({
              lifecycle_state,
              approval: { ...release().approval, status, ticket_id: status.startsWith('not_') ? null : release().id, required: status === 'not_required' ? 0 : 1 },
              stage: { name, objects_done: 1, objects_total: 3, since: null },
              actions: ACTIONS.map((action) => denied(action, 'execution_running')),
            });
            show(<Panels of={one} />);
            const panel = screen.getByTestId('panels');
            expect(panel).toHaveTextContent(codes.lifecycle[lifecycle_state]);
            expect(within(panel).getByTestId('notice').textContent.length).toBeGreaterThan(10);
            const way = stepsOf(one);
            const current = within(panel).queryAllByRole('listitem').filter((li) => li.getAttribute('aria-current') === 'step').length;
            expect(current + way.filter((s) => s.state === 'failed').length + (way.at(-1)?.state === 'done' ? 1 : 0), `${lifecycle_state} stands at one step`).toBe(1);
            if (lifecycle_state === 'applying' || lifecycle_state === 'rollback') expect(panel).toHaveTextContent(codes.stage[name]);
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
  it.each(REASONS)('closes an action with words and what to do next: %s', async (reason) => {
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

  it.each(REASONS)('stands in the notice of an approved release that cannot be applied: %s', async (reason) => {
    await renderPart(<ReleaseNotice release={release({ lifecycle_state: 'approved', actions: [denied('apply', reason)] })} />);
    const notice = screen.getByTestId('notice');
    expect(notice).toHaveTextContent(codes.reason[reason]);
    expect(notice).toHaveTextContent(codes.next[reason]);
    expect(notice).toHaveAttribute('data-tone', 'warn');
  });

  it.each(wordsOf('ReleaseReason') as NonNullable<Release['reason_code']>[])('heads a release that ended with it: %s', async (reason_code) => {
    const queries = newQueries();
    queries.setQueryData(keys.part(release().id, 'diagnostics'), { items: [] });
    await renderPart(<ReleaseNotice release={release({ lifecycle_state: 'failed', reason_code })} />, queries);
    const texts: Record<string, string> = { ...codes.diagnostic, ...codes.endReason };
    expect(screen.getByTestId('notice')).toHaveTextContent(texts[reason_code]!);
    expect(missing).toEqual([]);
  });
});

describe('every diagnosis', () => {
  it.each(wordsOf('DiagnosticCode') as Release['reason_code'][])('shows its cause first: %s', async (code) => {
    const queries = newQueries();
    queries.setQueryData(keys.part(release().id, 'diagnostics'), { items: [diagnostic({ code: code as 'exited' }), diagnostic({ id: 'x', summary: 'the second', code: 'unknown' })] });
    await renderPart(<DiagnosticsTab release={release({ lifecycle_state: 'failed' })} />, queries);
    const [cause] = await screen.findAllByTestId('diagnostic');
    expect(cause).toHaveTextContent(codes.diagnostic[code as 'exited']);
    expect(cause).toHaveTextContent('web ended with exit code 3');
    expect(cause).toHaveTextContent('cannot open config.json');
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
