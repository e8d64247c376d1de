/** The whole timeline, and the proof that it holds. */
import { infiniteQueryOptions } from '@tanstack/react-query';
import { body, client } from '../client';
import { keys } from '../keys';
import type { operations } from '../schema';

export type AuditFilters = Omit<NonNullable<operations['list_audit_events']['parameters']['query']>, 'cursor' | 'limit'>;

const PAGE = 100;

export const audit = {
  events: (filters: AuditFilters, cursor?: string) =>
    body(client.GET('/api/v1/audit/events', { params: { query: { ...filters, limit: PAGE, ...(cursor === undefined ? {} : { cursor }) } } })),
  checkpoint: () => body(client.GET('/api/v1/audit/checkpoint')),
  verify: (from: number, to: number | undefined, signal: AbortSignal) =>
    body(client.GET('/api/v1/audit/verify', { params: { query: { from_seq: from, ...(to === undefined ? {} : { to_seq: to }) } }, signal })),
  /** Where the browser downloads the same events as NDJSON. */
  exportUrl(filters: AuditFilters): string {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(filters)) {
      for (const each of Array.isArray(value) ? value : value === undefined ? [] : [value]) query.append(name, String(each));
    }
    return `/api/v1/audit/export?${query}`;
  },
};

export const auditQueries = {
  events: (filters: AuditFilters) =>
    infiniteQueryOptions({
      queryKey: keys.list('audit', filters),
      queryFn: ({ pageParam }) => audit.events(filters, pageParam),
      initialPageParam: undefined as string | undefined,
      getNextPageParam: (last) => last.next_cursor ?? undefined,
    }),
};
