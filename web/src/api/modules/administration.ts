/** People, what they may do, their tokens and sessions. */
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { body, client } from '../client';
import { keys } from '../keys';
import type { Schemas } from '../types';

/** As many as one page of the server holds. */
const ALL = 200;
const withKey = (key: string) => ({ 'Idempotency-Key': key });

export const administration = {
  users: (cursor?: string) => body(client.GET('/api/v1/users', { params: { query: { limit: 50, ...(cursor === undefined ? {} : { cursor }) } } })),
  createUser: (input: Schemas['CreateUser'], key: string) => body(client.POST('/api/v1/users', { params: { header: withKey(key) }, body: input })),
  editUser: (id: string, input: Schemas['EditUser']) => body(client.PATCH('/api/v1/users/{id}', { params: { path: { id } }, body: input })),
  resetPassword: (id: string, key: string) => body(client.POST('/api/v1/users/{id}/password', { params: { path: { id }, header: withKey(key) }, body: {} })),
  endSessions: (id: string) => body(client.DELETE('/api/v1/users/{id}/sessions', { params: { path: { id } } })),
  deleteUser: (id: string) => body(client.DELETE('/api/v1/users/{id}', { params: { path: { id } } })),

  grants: () => body(client.GET('/api/v1/grants', { params: { query: { limit: ALL } } })),
  grant: (input: Schemas['CreateGrant'], key: string) => body(client.POST('/api/v1/grants', { params: { header: withKey(key) }, body: input })),
  revoke: (id: string) => body(client.DELETE('/api/v1/grants/{id}', { params: { path: { id } } })),

  roles: () => body(client.GET('/api/v1/roles', { params: { query: { limit: ALL } } })),
  createRole: (input: Schemas['CreateRole'], key: string) => body(client.POST('/api/v1/roles', { params: { header: withKey(key) }, body: input })),
  deleteRole: (id: string) => body(client.DELETE('/api/v1/roles/{id}', { params: { path: { id } } })),
  permissions: () => body(client.GET('/api/v1/permissions')),

  tokens: () => body(client.GET('/api/v1/tokens', { params: { query: { limit: ALL } } })),
  createToken: (input: Schemas['CreateToken'], key: string) => body(client.POST('/api/v1/tokens', { params: { header: withKey(key) }, body: input })),
  revokeToken: (id: string) => body(client.DELETE('/api/v1/tokens/{id}', { params: { path: { id } } })),

  sessions: () => body(client.GET('/api/v1/auth/sessions')),
  endSession: (id: string) => body(client.DELETE('/api/v1/auth/sessions/{id}', { params: { path: { id } } })),
};

export const administrationQueries = {
  users: () =>
    infiniteQueryOptions({
      queryKey: keys.list('access', { of: 'users' }),
      queryFn: ({ pageParam }) => administration.users(pageParam),
      initialPageParam: undefined as string | undefined,
      getNextPageParam: (last) => last.next_cursor ?? undefined,
    }),
  grants: () => queryOptions({ queryKey: keys.list('access', { of: 'grants' }), queryFn: administration.grants }),
  roles: () => queryOptions({ queryKey: keys.list('access', { of: 'roles' }), queryFn: administration.roles }),
  permissions: () => queryOptions({ queryKey: keys.list('access', { of: 'permissions' }), queryFn: administration.permissions, staleTime: Infinity }),
  tokens: () => queryOptions({ queryKey: keys.list('access', { of: 'tokens' }), queryFn: administration.tokens }),
  sessions: () => queryOptions({ queryKey: keys.list('access', { of: 'sessions' }), queryFn: administration.sessions }),
};
