import type { InfiniteData, Query, QueryClient } from '@tanstack/react-query';
import { keys } from './keys';
import { deployment, type ReleaseFilters } from './modules/deployment';
import { renew } from './renew';
import type { Release, Schemas } from './types';

type Page = Schemas['ReleaseList'];
type Scrolled = InfiniteData<Page, string | undefined>;

/** Releases read to more pages than this are read anew where something happened, not from one end to the other. */
const WHOLE_PAGES = 4;

/** Reads anew the lists that events are about. `touched`: ids of the releases that they named. */
export async function renewLists(queries: QueryClient, touched: ReadonlySet<string>): Promise<void> {
  const scrolled = queries.getQueryCache().findAll({ predicate: (query) => query.isActive() && isScrolledFar(query) });
  await Promise.all([
    renew(queries, { predicate: (query) => keys.isList(query.queryKey) && !scrolled.includes(query) }),
    ...scrolled.map((query) => renewPages(queries, query, touched).catch(() => queries.invalidateQueries({ queryKey: query.queryKey, exact: true }))),
  ]);
}

function isScrolledFar({ queryKey, state }: Query): boolean {
  return keys.isList(queryKey) && keys.isOfSubject(queryKey, 'release') && ((state.data as Partial<Scrolled> | undefined)?.pages?.length ?? 0) > WHOLE_PAGES;
}

/** The first page, where new releases appear, and those that hold what was touched. */
async function renewPages(queries: QueryClient, query: Query, touched: ReadonlySet<string>) {
  const { pages, pageParams } = query.state.data as Scrolled;
  const stale = pages.flatMap((page, at) => (at === 0 || page.items.some(({ id }) => touched.has(id)) ? [at] : []));
  const filters = query.queryKey[2] as ReleaseFilters;
  const read = await Promise.all(stale.map(async (at) => [at, await deployment.list(filters, pageParams[at])] as const));
  // A page that is being added is added to what was there when it was asked for.
  if (query.state.fetchStatus === 'fetching') await query.fetch().catch(() => undefined);
  queries.setQueryData<Scrolled>(query.queryKey, (now) => now && withPages(now, new Map(read)));
}

/** Pages in the places of older ones. */
export function withPages(scrolled: Scrolled, read: ReadonlyMap<number, Page>): Scrolled {
  const head = read.get(0);
  const known = new Set(scrolled.pages[0]?.items.map(({ id }) => id));
  // More is new than one page holds: what lies between is not known, so the reader begins again.
  if (head && !head.items.some(({ id }) => known.has(id))) return { pages: [head], pageParams: scrolled.pageParams.slice(0, 1) };
  const pages = scrolled.pages.map((old, at) => {
    const page = read.get(at);
    const pushed = page === undefined ? [] : pushedOut(old.items, page.items);
    if (page === undefined || pushed.length === 0) return page ?? old;
    return { ...page, items: [...page.items, ...pushed], next_cursor: old.next_cursor };
  });
  return { ...scrolled, pages: eachOnce(pages) };
}

/** What came after the last of a page before there was more above it: the next page begins behind it. */
function pushedOut(old: Release[], items: Release[]): Release[] {
  const last = old.findIndex(({ id }) => id === items.at(-1)?.id);
  return last < 0 ? [] : old.slice(last + 1);
}

/** Where something left a page, the first of the next one moved up into it. */
function eachOnce(pages: Page[]): Page[] {
  const seen = new Set<string>();
  return pages.map((page) => ({ ...page, items: page.items.filter(({ id }) => !seen.has(id) && seen.add(id)) }));
}
