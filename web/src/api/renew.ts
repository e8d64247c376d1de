import type { Query, QueryClient, QueryFilters } from '@tanstack/react-query';

/** Whose first answer is being waited for, to be read again. */
const awaited = new WeakSet<Query>();

/**
 * Reads anew what matches and is on screen. Of what is being read for the first time the answer may be from before: it is
 * read again when it has come. (One that is read again is broken off by the library.)
 */
export async function renew(queries: QueryClient, filters: QueryFilters): Promise<void> {
  const first = queries.getQueryCache().findAll({ ...filters, fetchStatus: 'fetching' }).filter((query) => query.state.data === undefined && !awaited.has(query));
  const again = first.map(async (query) => {
    awaited.add(query);
    // What is being fetched answers the promise of that.
    const came = await query.fetch().then(() => true, () => false);
    awaited.delete(query);
    if (came) await queries.invalidateQueries({ queryKey: query.queryKey, exact: true });
  });
  await Promise.all([queries.invalidateQueries(filters), ...again]);
}
