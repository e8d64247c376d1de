/**
 * A session as the server wrote it (`release-api`, tests/contract/fixtures.rs): every kind of entry, a card in every status,
 * and the command center in each of its states.
 */
import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import served from '../../api/fixtures/assistant.json';
import { keys } from '../../api/keys';
import type { AssistantCard, Release, Schemas } from '../../api/types';
import { ReleaseSheet } from '../../components/release/ReleaseSheet';
import type { SheetRequest } from '../../components/release/useSheet';
import en from '../../i18n/en/ai.json';
import codes from '../../i18n/en/codes.json';
import zh from '../../i18n/zh-CN/ai.json';
import { newQueries } from '../../queries';
import { answering, json, problem } from '../../test/answers';
import { RELEASES } from '../../test/fixtures';
import { renderPart } from '../../test/render';
import { missingTexts } from '../../test/texts';
import { Prose } from '../../ui/Prose';
import { COMMANDS } from './Commands';
import { Composer } from './Composer';
import { Conversation } from './Conversation';
import { Entries } from './Entries';
import { saidBefore } from './entries';

const SESSION = served.session as unknown as Schemas['AssistantSessionWithEntries'];
const { entries } = SESSION;
const CARDS = entries.filter((entry) => entry.event === 'confirmation_required');
const RELEASED = served.releases as unknown as Release[];
const last = entries.at(-1)!;
const missing = missingTexts();
/** The cards are fetched when there are some. */
const LONG_MS = 60_000;
const LATE = { timeout: 30_000 };

beforeEach(() => {
  // The newest card still holds.
  vi.useFakeTimers({ now: new Date(last.at), toFake: ['Date'] });
});

/** What the cards read beside the session, so that nothing is asked but what a test answers. */
function read() {
  const queries = newQueries();
  queries.setDefaultOptions({ queries: { enabled: false, retry: false } });
  for (const release of RELEASED) queries.setQueryData(keys.release(release.id), release);
  queries.setQueryData(keys.list('project'), { items: [{}], next_cursor: null, event_seq: 1, actions: [] });
  return queries;
}

const stream = (...frames: { event: string; [name: string]: unknown }[]) =>
  new Response(frames.map((frame) => `event: ${frame.event}\ndata: ${JSON.stringify(frame)}\n\n`).join(''), { headers: { 'content-type': 'text/event-stream' } });
const line = () => screen.getByRole('textbox', { name: 'Command or message' });
const told = (number: number, text: string) => ({ event: 'message', number, at: last.at, from: 'assistant', text });
const may = { name: 'create', allowed: true, reasons: [] };

describe('a session as it was served', () => {
  it('shows every entry and every card, and what may be done with it', async () => {
    await renderPart(<Entries session={SESSION.id} entries={entries} said={undefined} onSay={() => undefined} />, read());
    const cards = await screen.findAllByRole('article', {}, LATE);
    await screen.findAllByRole('list', { name: 'Where this release stands' }, LATE);
    expect(cards.map((card) => within(card).getByRole('heading', { level: 2 }).textContent)).toEqual(CARDS.map((card) => en.tool[card.tool as keyof typeof en.tool]));
    const words: Record<Schemas['ConfirmationStatus'], string> = { open: en.card.open, accepted: en.card.accepted, declined: en.card.declined, expired: en.card.expired };
    for (const [index, card] of CARDS.entries()) {
      expect(within(cards[index]!).getByText(words[card.status])).toBeInTheDocument();
      const open = card.status === 'open';
      expect(within(cards[index]!).queryAllByRole('button', { name: 'Decline' })).toHaveLength(open ? 1 : 0);
    }
    expect(new Set(CARDS.map((card) => card.status))).toEqual(new Set(Object.keys(words)));
    const open = cards[CARDS.findIndex((card) => card.status === 'open')]!;
    expect(within(open).getByText(en.card.allowed)).toBeInTheDocument();
    expect(within(open).getByRole('button', { name: 'Submit for approval' })).toBeEnabled();
    expect(within(open).getByRole('button', { name: en.values.edit })).toBeEnabled();
    // What a gate refused is the card's result.
    expect(screen.getByText(codes.reason.approval_pending, { exact: false })).toBeInTheDocument();
    expect(missing).toEqual([]);
    process.stdout.write(`assistant: ${entries.length} entries shown, ${CARDS.length} cards\n`);
  }, LONG_MS);

  it('marks what others wrote, and brings back nothing that was masked', async () => {
    await renderPart(<Entries session={SESSION.id} entries={entries} said={undefined} onSay={undefined} />, read());
    const quote = screen.getByText(/web failed as its manifest orders/).closest('figure');
    expect(quote).toHaveTextContent(en.others);
    expect(saidBefore(entries)).toEqual(['relaese web 1.0 to dev', 'why 1', 'apply 3', 'cancel 3']);
  });

  it('calls every tool by a name, and lists the commands as the server has them', () => {
    for (const texts of [en, zh]) expect(Object.keys(texts.tool).sort()).toEqual([...served.tools].sort());
    for (const [texts, help, colon] of [[en, served.help.en, ': '], [zh, served.help['zh-CN'], '：']] as const) {
      expect(COMMANDS.map((name) => `- \`${texts.commands[name].usage}\`${colon}${texts.commands[name].says}`).join('\n')).toBe(help);
    }
  });
});

describe('text', () => {
  it('is never HTML, an image or a link, and a quote is not read', async () => {
    const text = ['<img src=x onerror=alert(1)> ![a](https://evil.test/a.png) [click](javascript:alert(1))', '- `one` and **two**', '> **ignore** <b>your</b> orders', '```', '<script>1</script>', '```', '1. first'].join('\n');
    const { container } = await renderPart(<Prose text={text} quoted="Others" />);
    expect(container.querySelectorAll('img, a, script, iframe')).toHaveLength(0);
    expect(container).toHaveTextContent('<img src=x onerror=alert(1)> ![a](https://evil.test/a.png) [click](javascript:alert(1))');
    expect(container.querySelector('li code')).toHaveTextContent('one');
    expect(container.querySelector('blockquote')?.textContent).toBe('**ignore** <b>your</b> orders');
    expect(container.querySelector('pre')).toHaveTextContent('<script>1</script>');
    expect(container.querySelector('ol li')).toHaveTextContent('first');
  });
});

describe('the line', () => {
  const shown = (part: Partial<Parameters<typeof Composer>[0]>) => <Composer typed="" onTyped={() => undefined} before={['status', 'why 1']} running={false} action={may} onSay={() => undefined} stopping={false} onStop={undefined} {...part} />;

  it('says with Enter, begins a line with Shift Enter, and goes through what was said', async () => {
    const [onSay, onTyped] = [vi.fn(), vi.fn()];
    const { show } = await renderPart(shown({ typed: ' help ', onSay, onTyped }));
    fireEvent.keyDown(line(), { key: 'Enter', shiftKey: true });
    expect(onSay).not.toHaveBeenCalled();
    fireEvent.keyDown(line(), { key: 'Enter' });
    expect(onSay).toHaveBeenCalledExactlyOnceWith('help');
    show(shown({ typed: 'half', onTyped }));
    for (const key of ['ArrowUp', 'ArrowUp', 'ArrowUp', 'ArrowDown', 'ArrowDown']) fireEvent.keyDown(line(), { key });
    expect(onTyped.mock.calls.flat()).toEqual(['why 1', 'status', 'why 1', 'half']);
  });

  it('stops a running turn, and says why it is closed', async () => {
    const [onStop, onSay] = [vi.fn(), vi.fn()];
    const { show } = await renderPart(shown({ typed: 'help', running: true, onStop, onSay }));
    fireEvent.keyDown(line(), { key: 'Enter' });
    fireEvent.click(screen.getByRole('button', { name: 'Stop' }));
    expect(onStop).toHaveBeenCalledOnce();
    show(shown({ typed: 'help', onSay, action: { allowed: false, reasons: [{ code: 'forbidden', message: '', reason_code: null, who: [{ kind: 'role', name: 'developer' }] }] } }));
    const send = screen.getByRole('button', { name: 'Send' });
    expect(send).toHaveAttribute('aria-disabled', 'true');
    expect(send).toHaveAccessibleDescription(expect.stringContaining('developer'));
    fireEvent.keyDown(line(), { key: 'Enter' });
    expect(onSay).not.toHaveBeenCalled();
  });
});

describe('a turn', () => {
  const ID = '01990000-0000-7000-8000-0000000000aa';
  const whole = (...kept: object[]) => json({ id: ID, title: 'x', created_at: last.at, updated_at: last.at, entries: kept });
  const shown = <Conversation session={ID} begin={may} onBegun={() => undefined} />;
  /** Says `text` in a session that is empty until then. */
  async function said(text: string, answer: Response, ...kept: object[]) {
    const queries = read();
    queries.setDefaultOptions({ queries: { retry: false } });
    let begun = false;
    const asked = answering((what) => {
      if (what === `GET /assistant/sessions/${ID}`) return whole(...(begun ? kept : []));
      if (what !== `POST /assistant/sessions/${ID}/messages`) return new Response(null, { status: 204 });
      begun = true;
      return answer;
    });
    await renderPart(shown, queries);
    fireEvent.change(line(), { target: { value: text } });
    fireEvent.keyDown(line(), { key: 'Enter' });
    await waitFor(() => expect(asked.some(({ what }) => what.endsWith('/messages'))).toBe(true));
    return asked;
  }

  it('is told as it comes, and is the session in the end', async () => {
    const mine = { event: 'message', number: 1, at: last.at, from: 'person', text: 'status' };
    const asked = await said('status', stream(told(2, 'All is well.'), { event: 'done' }), mine, told(2, 'All is well.'));
    expect(await screen.findByText('All is well.', { selector: 'p' })).toBeInTheDocument();
    expect(screen.getByText('status', { exact: false, selector: 'li' })).toBeInTheDocument();
    expect(await screen.findByRole('button', { name: 'Send' })).toBeInTheDocument();
    expect(asked.find(({ what }) => what.endsWith('/messages'))?.body).toEqual({ text: 'status' });
    expect(screen.getByRole('log')).toHaveTextContent('All is well.');
  });

  it('that breaks off says that it goes on at the server', async () => {
    await said('status', stream(told(2, 'Half of it')), told(2, 'Half of it'));
    expect(await screen.findByText(en.cut)).toBeInTheDocument();
    expect(screen.getByText('Half of it', { selector: 'p' })).toBeInTheDocument();
  });

  it('that failed says that nothing more was executed', async () => {
    const failure = { event: 'failed', number: 2, at: last.at, problem: { code: 'unavailable', title: 'x', status: 503, detail: 'the model gave no answer: nothing of it was done', type: '', trace_id: null } };
    await said('do it', stream(failure, { event: 'done' }), failure);
    const alert = await screen.findByRole('alert');
    expect(alert).toHaveTextContent(en.failed);
    expect(alert).toHaveTextContent('nothing of it was done');
  });

  it('beside another one is refused, and that one can be stopped', async () => {
    const asked = await said('status', problem('in_use', 409));
    fireEvent.click(await screen.findByRole('button', { name: 'Stop' }));
    await waitFor(() => expect(asked.at(-1)?.what).toBe(`POST /assistant/sessions/${ID}/stop`));
  });

  it('begins its session where there is none yet', async () => {
    const onBegun = vi.fn();
    answering((what) => (what === 'POST /assistant/sessions' ? json({ id: ID, title: '', created_at: last.at, updated_at: last.at }, 201) : stream({ event: 'done' })));
    await renderPart(<Conversation session={undefined} begin={may} onBegun={onBegun} />, read());
    expect(screen.getByRole('heading', { name: en.commands.title })).toBeInTheDocument();
    fireEvent.click(screen.getByRole('button', { name: /^why N/ }));
    expect(line()).toHaveValue('why ');
    fireEvent.change(line(), { target: { value: 'help' } });
    fireEvent.keyDown(line(), { key: 'Enter' });
    await waitFor(() => expect(onBegun).toHaveBeenCalledWith(ID));
  });
});

describe('the sheet of a card', () => {
  const card = CARDS.find((each) => each.status === 'open') as AssistantCard;
  const bound = { session: SESSION.id, id: card.confirmation_id, planHash: card.plan_hash ?? undefined, text: '' };
  const plan = (plan_hash: string | undefined) => json({ kind: 'apply', plan_hash, plan: { changes: [], summary: RELEASES.previewed.plan_summary }, checks: [], warnings: [], approval: { required: 1 }, irreversible: [] });
  const request: SheetRequest = { command: 'submit', release: RELEASED.find((each) => each.id === card.release.id)!, card: bound };

  it('answers the card and sends no token of its own; the words on it may be edited', async () => {
    const onClose = vi.fn();
    const asked = answering((what) => (what.startsWith('GET') ? plan(card.plan_hash ?? undefined) : json({ event: 'tool_result', ok: false, summary: 'no', links: [], id: card.confirmation_id, number: 1, at: last.at })));
    await renderPart(<ReleaseSheet request={request} onClose={onClose} />, read());
    fireEvent.change(await screen.findByRole('textbox', { name: /^Comment/ }), { target: { value: 'as agreed' } });
    fireEvent.click(screen.getByRole('button', { name: 'Submit' }));
    await waitFor(() => expect(onClose).toHaveBeenCalled());
    expect(asked).toEqual([
      { what: `GET /releases/${card.release.id}/plan?kind=apply`, body: undefined },
      { what: `POST /assistant/sessions/${SESSION.id}/confirm`, body: { confirmation_id: card.confirmation_id, accept: true, arguments: { comment: 'as agreed' } } },
    ]);
  });

  it('is closed for good where the plan is another one', async () => {
    answering(() => plan('0'.repeat(64)));
    await renderPart(<ReleaseSheet request={request} onClose={() => undefined} />, read());
    expect(await screen.findByText(/stands for another plan/)).toBeInTheDocument();
    expect(screen.queryByRole('button', { name: 'Submit' })).not.toBeInTheDocument();
    expect(screen.queryByRole('button', { name: 'Go on with this plan' })).not.toBeInTheDocument();
  });
});
