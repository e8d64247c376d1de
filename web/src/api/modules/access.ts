/** Signing in and out, and who one is. */
import { queryOptions } from '@tanstack/react-query';
import { body, client } from '../client';
import { ApiError } from '../problem';
import { session } from '../session';

async function me() {
  const answer = await body(client.GET('/api/v1/auth/me'));
  session.signedIn(answer);
  return answer;
}

export const access = {
  me,
  meta: () => body(client.GET('/api/v1/meta')),
  /** Answers whether the password must be changed before anything else. */
  async signIn(username: string, password: string) {
    await body(client.POST('/api/v1/auth/login', { body: { username, password } }));
    return me();
  },
  async changePassword(current: string, next: string) {
    await body(client.POST('/api/v1/auth/password', { body: { current, new: next } }));
    return me();
  },
  async signOut() {
    try {
      await body(client.POST('/api/v1/auth/logout', { body: {} }));
    } catch (error) {
      // A session that has ended by itself is what was asked for.
      if (!(error instanceof ApiError) || error.status !== 401) throw error;
    }
    session.signedOut();
  },
};

export const metaQuery = queryOptions({ queryKey: ['meta'], queryFn: access.meta, staleTime: Infinity });
/** What the server is, as it says to whoever is signed in. */
export const serverQuery = queryOptions({ queryKey: ['meta', 'in'], queryFn: access.meta, staleTime: Infinity });
