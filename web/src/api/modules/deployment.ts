/**
 * The one module through which things are released: pages, palette, inbox and command line of this app call these and
 * nothing else. What is refused throws `ApiError` with the server's code and reason; nothing here guesses what the server
 * would say, and nothing moves a state before it has answered.
 *
 * The preview token is kept here, in memory and nowhere else: a page without one (reloaded, or another person's preview)
 * previews again, and goes on only where that shows the plan that was on screen (`prepare`).
 */
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { body, client } from '../client';
import { keys } from '../keys';
import type { operations } from '../schema';
import type { PreviewKind, Preview, Schemas } from '../types';

export type ReleaseFilters = Omit<NonNullable<operations['list_releases']['parameters']['query']>, 'cursor' | 'limit'>;
export type TicketFilters = Omit<NonNullable<operations['list_approvals']['parameters']['query']>, 'cursor' | 'limit'>;
export type RollbackDestination = NonNullable<Schemas['PreviewRollback']['to']>;

/** What a card of the command center asks for, in one of its person's own sessions. */
export type Card = { session: string; id: string; planHash: string | undefined };

/** A token with what it stands for. */
export type Prepared = { token: string; planHash: string; expiresAt: string; preview: Preview };

const PAGE = 50;
/** A token this close to its end is not worth sending. */
const MARGIN_MS = 5_000;

const tokens = new Map<string, Prepared>();
const slot = (id: string, kind: PreviewKind) => `${kind}:${id}`;

function keep(id: string, preview: Preview): Prepared | undefined {
  if (typeof preview.preview_token !== 'string') return undefined;
  const kept = { token: preview.preview_token, planHash: preview.plan_hash, expiresAt: preview.expires_at, preview };
  tokens.set(slot(id, preview.kind), kept);
  return kept;
}

const withKey = (key: string) => ({ 'Idempotency-Key': key });

export const deployment = {
  // ---- reading

  list: (filters: ReleaseFilters, cursor?: string, limit = PAGE) =>
    body(client.GET('/api/v1/releases', { params: { query: { ...filters, limit, ...(cursor === undefined ? {} : { cursor }) } } })),
  get: (id: string) => body(client.GET('/api/v1/releases/{id}', { params: { path: { id } } })),
  plan: (id: string, kind: PreviewKind) => body(client.GET('/api/v1/releases/{id}/plan', { params: { path: { id }, query: { kind } } })),
  planObject: (id: string, kind: PreviewKind, key: string) =>
    body(client.GET('/api/v1/releases/{id}/plan/object', { params: { path: { id }, query: { kind, key } } })),
  manifest: (id: string) => body(client.GET('/api/v1/releases/{id}/manifest', { params: { path: { id } } })),
  objects: (id: string) => body(client.GET('/api/v1/releases/{id}/objects', { params: { path: { id } } })),
  diagnostics: (id: string) => body(client.GET('/api/v1/releases/{id}/diagnostics', { params: { path: { id } } })),
  timeline: (id: string, cursor?: string) =>
    // The same address answers NDJSON where that is asked for.
    body(client.GET('/api/v1/releases/{id}/timeline', { params: { path: { id }, query: { limit: 200, ...(cursor === undefined ? {} : { cursor }) } } })) as Promise<Schemas['EventList']>,
  tickets: (filters: TicketFilters, cursor?: string, limit = PAGE) =>
    body(client.GET('/api/v1/approvals', { params: { query: { ...filters, limit, ...(cursor === undefined ? {} : { cursor }) } } })),
  ticket: (id: string) => body(client.GET('/api/v1/approvals/{id}', { params: { path: { id } } })),
  /** What the draft becomes; touches no target. */
  render: (releaseId: string) => body(client.POST('/api/v1/render', { body: { release_id: releaseId } })),

  // ---- drafting

  create: (draft: Schemas['CreateRelease'], key: string) =>
    body(client.POST('/api/v1/releases', { params: { header: withKey(key) }, body: draft })),
  edit: (id: string, version: number, draft: Schemas['EditRelease']) =>
    body(client.PATCH('/api/v1/releases/{id}', { params: { path: { id }, header: { 'If-Match': `"${version}"` } }, body: draft })),

  // ---- the chain

  async preview(id: string, key: string): Promise<Preview> {
    const preview = await body(client.POST('/api/v1/releases/{id}/preview', { params: { path: { id }, header: withKey(key) }, body: {} }));
    keep(id, preview);
    return preview;
  },
  async previewRollback(id: string, to: RollbackDestination | undefined, key: string): Promise<Preview> {
    const preview = await body(
      client.POST('/api/v1/releases/{id}/rollback/preview', {
        params: { path: { id }, header: withKey(key) },
        body: to === undefined ? {} : { to },
      }),
    );
    keep(id, preview);
    return preview;
  },
  submit: (id: string, token: string, comment: string | undefined, key: string) =>
    body(
      client.POST('/api/v1/releases/{id}/submit', {
        params: { path: { id }, header: withKey(key) },
        body: { preview_token: token, ...(comment === undefined ? {} : { comment }) },
      }),
    ),
  async apply(id: string, token: string, breakGlass: { reason: string } | undefined, key: string) {
    const release = await body(
      client.POST('/api/v1/releases/{id}/apply', {
        params: { path: { id }, header: withKey(key) },
        body: { preview_token: token, ...(breakGlass === undefined ? {} : { break_glass: breakGlass }) },
      }),
    );
    tokens.delete(slot(id, 'apply'));
    return release;
  },
  async rollBack(id: string, token: string, reason: string, key: string) {
    const release = await body(
      client.POST('/api/v1/releases/{id}/rollback', {
        params: { path: { id }, header: withKey(key) },
        body: { preview_token: token, reason },
      }),
    );
    tokens.delete(slot(id, 'rollback'));
    return release;
  },
  cancel: (id: string, reason: string, key: string) =>
    body(client.POST('/api/v1/releases/{id}/cancel', { params: { path: { id }, header: withKey(key) }, body: { reason } })),
  observe: (id: string) => body(client.POST('/api/v1/releases/{id}/observe', { params: { path: { id } }, body: {} })),

  // ---- deciding

  approve: (ticketId: string, planHash: string, comment: string | undefined, key: string) =>
    body(
      client.POST('/api/v1/approvals/{id}/approve', {
        params: { path: { id: ticketId }, header: withKey(key) },
        body: { plan_hash: planHash, ...(comment === undefined ? {} : { comment }) },
      }),
    ),
  reject: (ticketId: string, comment: string, key: string) =>
    body(client.POST('/api/v1/approvals/{id}/reject', { params: { path: { id: ticketId }, header: withKey(key) }, body: { comment } })),

  // ---- the command center

  /**
   * Answers a card, once. Accepted, the server carries it out as this person's own act, with the token of the plan that the
   * card showed; a refusal is an answer that is not `ok`. `words` are those that a person may edit on it.
   */
  answer: ({ session, id }: Card, accept: boolean, words?: { comment: string } | { reason: string }) =>
    body(
      client.POST('/api/v1/assistant/sessions/{id}/confirm', {
        params: { path: { id: session } },
        // The document says no more of them than that they are an object.
        body: { confirmation_id: id, accept, ...(words === undefined ? {} : { arguments: words as object }) },
      }),
    ),

  // ---- the token

  /** The token of this page's own preview, while it lives and still stands for `planHash`. */
  prepared(id: string, kind: PreviewKind, planHash: string | undefined): Prepared | undefined {
    const kept = tokens.get(slot(id, kind));
    if (kept === undefined || kept.planHash !== planHash) return undefined;
    return Date.parse(kept.expiresAt) - MARGIN_MS > Date.now() ? kept : undefined;
  },
  /** A refusal said that the token is of no use any more. */
  forget(id: string, kind: PreviewKind) {
    tokens.delete(slot(id, kind));
  },
};

// ---- what pages read, with the keys that events renew

export const releaseQuery = (id: string) => queryOptions({ queryKey: keys.release(id), queryFn: () => deployment.get(id) });
export const planQuery = (id: string, kind: PreviewKind) =>
  queryOptions({ queryKey: keys.part(id, 'plan', kind), queryFn: () => deployment.plan(id, kind) });
/** Keyed by the plan's hash: the two sides never change under one. */
export const planObjectQuery = (id: string, kind: PreviewKind, planHash: string, key: string) =>
  queryOptions({
    queryKey: ['one', 'plan-object', planHash, kind, key] as const,
    queryFn: () => deployment.planObject(id, kind, key),
    staleTime: Infinity,
  });
export const objectsQuery = (id: string) => queryOptions({ queryKey: keys.part(id, 'objects'), queryFn: () => deployment.objects(id) });
export const diagnosticsQuery = (id: string) =>
  queryOptions({ queryKey: keys.part(id, 'diagnostics'), queryFn: () => deployment.diagnostics(id) });
export const manifestQuery = (id: string) => queryOptions({ queryKey: keys.part(id, 'manifest'), queryFn: () => deployment.manifest(id) });
export const releasesQuery = (filters: ReleaseFilters) =>
  infiniteQueryOptions({
    queryKey: keys.list('release', filters),
    queryFn: ({ pageParam }) => deployment.list(filters, pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  });
export const ticketsQuery = (filters: TicketFilters) =>
  infiniteQueryOptions({
    queryKey: keys.list('approval', filters),
    queryFn: ({ pageParam }) => deployment.tickets(filters, pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  });
export const ticketQuery = (id: string) => queryOptions({ queryKey: keys.one('approval', id), queryFn: () => deployment.ticket(id) });
