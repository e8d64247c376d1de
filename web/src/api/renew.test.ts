import { InfiniteQueryObserver, QueryObserver } from '@tanstack/react-query';
import { afterEach, expect, it, vi } from 'vitest';
import { newQueries } from '../queries';
import { answering, json } from '../test/answers';
import { release } from '../test/fixtures';
import { keys } from './keys';
import { renewLists, withPages } from './lists';
import { releasesQuery } from './modules/deployment';
import { renew } from './renew';

const PAGE = 3;

afterEach(() => vi.unstubAllGlobals());

/** Releases of these numbers, as a page that ends at the last of them. */
const page = (...numbers: number[]) => ({ items: numbers.map((number) => release({ id: `r${number}`, number })), next_cursor: numbers.at(-1) === 1 ? null : `after-${numbers.at(-1)}`, event_seq: 1, actions: [] });
const numbersOf = (pages: { items: { number: number }[] }[]) => pages.map(({ items }) => items.map(({ number }) => number));

/** A server with releases `newest`…1, newest first; which of them has which state can change. */
function serving(newest: { number: number; reason: string }) {
  return answering((what) => {
    const cursor = /cursor=after-(\d+)/.exec(what)?.[1];
    const from = cursor === undefined ? newest.number : Number(cursor) - 1;
    const numbers = Array.from({ length: Math.min(PAGE, from) }, (_, at) => from - at);
    const answer = page(...numbers);
    return json({ ...answer, items: answer.items.map((item) => ({ ...item, reason: newest.reason })) });
  });
}

it('reads again what an event met on its first way', async () => {
  const queries = newQueries();
  const answers: ((value: string) => void)[] = [];
  const watched = new QueryObserver(queries, { queryKey: keys.release('x'), queryFn: () => new Promise<string>((answer) => answers.push(answer)) });
  const stop = watched.subscribe(() => undefined);
  const renewals = [1, 2, 3].map(() => renew(queries, { queryKey: keys.release('x') }));
  expect(answers).toHaveLength(1);
  answers[0]!('from before');
  await vi.waitFor(() => expect(answers).toHaveLength(2));
  answers[1]!('from after');
  await Promise.all(renewals);
  expect([watched.getCurrentResult().data, answers.length]).toEqual(['from after', 2]);
  stop();
});

it('reads a short list whole, a long one where something happened', async () => {
  const queries = newQueries();
  const now = { number: 18, reason: 'first' };
  const asked = serving(now);
  const list = new InfiniteQueryObserver(queries, { ...releasesQuery({}), staleTime: Infinity });
  const stop = list.subscribe(() => undefined);
  const pages = () => list.getCurrentResult().data!.pages;
  await vi.waitFor(() => expect(list.getCurrentResult().isSuccess).toBe(true));
  await list.fetchNextPage();
  asked.length = 0;
  await renewLists(queries, new Set());
  expect(asked).toHaveLength(2);
  while (list.getCurrentResult().hasNextPage) await list.fetchNextPage();
  expect(pages()).toHaveLength(6);

  asked.length = 0;
  Object.assign(now, { number: 20, reason: 'second' });
  await renewLists(queries, new Set(['r8']));
  expect(asked).toHaveLength(2);
  // Two are new, and those that they pushed off the first page stand before the second, which begins where it began.
  expect(numbersOf(pages())).toEqual([[20, 19, 18, 17, 16], [15, 14, 13], [12, 11, 10], [9, 8, 7], [6, 5, 4], [3, 2, 1]]);
  const read = pages().flatMap(({ items }) => items).filter(({ reason }) => reason === 'second');
  expect(read.map(({ number }) => number)).toEqual([20, 19, 18, 9, 8, 7]);
  stop();
});

it('shows each release once, and begins again where it does not know what lies between', () => {
  const cursors = [undefined, 'after-7', 'after-4'];
  const scrolled = { pages: [page(9, 8, 7), page(6, 5, 4), page(3, 2, 1)], pageParams: cursors };
  const left = withPages(scrolled, new Map([[0, page(9, 7, 6)]]));
  expect(numbersOf(left.pages)).toEqual([[9, 7, 6], [5, 4], [3, 2, 1]]);
  const far = withPages(scrolled, new Map([[0, page(50, 49, 48)]]));
  expect([numbersOf(far.pages), far.pageParams]).toEqual([[[50, 49, 48]], [undefined]]);
});
