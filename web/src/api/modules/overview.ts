/** What the overview shows, as the server counts it. */
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { body, client } from '../client';
import { keys } from '../keys';

/** Rows of the matrix read at once; the server's own limit. */
const ROWS = 50;

export const overviewQuery = (project: string | undefined) =>
  queryOptions({
    queryKey: keys.list('overview', { project }),
    queryFn: () =>
      body(
        client.GET('/api/v1/overview', {
          params: { query: { time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone, ...(project === undefined ? {} : { project: [project] }) } },
        }),
      ),
  });

export const matrixQuery = (project: string | undefined, q: string) =>
  infiniteQueryOptions({
    queryKey: keys.list('overview', { project, q, matrix: true }),
    queryFn: ({ pageParam }) =>
      body(
        client.GET('/api/v1/overview/matrix', {
          params: { query: { limit: ROWS, ...(project === undefined ? {} : { project: [project] }), ...(q === '' ? {} : { q }), ...(pageParam === undefined ? {} : { cursor: pageParam }) } },
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  });
