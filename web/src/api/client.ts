import createClient, { type Middleware } from 'openapi-fetch';
import { ApiError, errorOf } from './problem';
import type { paths } from './schema';
import { session } from './session';

const SAFE = new Set(['GET', 'HEAD']);

/** Cookie-authenticated writes carry the session's CSRF token. */
const csrf: Middleware = {
  onRequest({ request }) {
    const token = session.csrf();
    if (token !== undefined && !SAFE.has(request.method)) request.headers.set('X-CSRF-Token', token);
    return request;
  },
};

const problems: Middleware = {
  async onResponse({ response, schemaPath }) {
    if (response.ok) return;
    const error = await errorOf(response);
    if (error.status === 401 && !schemaPath.startsWith('/api/v1/auth/log')) session.ended();
    throw error;
  },
  onError({ error }) {
    if (error instanceof DOMException && error.name === 'AbortError') return error;
    return new ApiError('offline', 0, error instanceof Error ? error.message : String(error));
  },
};

/** Absolute, since Node's Request refuses anything else. */
const origin = () => (typeof location === 'undefined' ? 'http://localhost' : location.origin);

export const client = createClient<paths>({
  baseUrl: origin(),
  credentials: 'same-origin',
  // Bound late, so that what a test puts in the place of fetch is used.
  fetch: (request) => globalThis.fetch(request),
  // Filters repeat: ?status=a&status=b.
  querySerializer: { array: { style: 'form', explode: true } },
});
client.use(csrf, problems);

/** The body of an answer; what is refused has thrown in the middleware already. */
export async function body<T>(answer: Promise<{ data?: T; response: Response }>): Promise<T> {
  const { data } = await answer;
  return data as T;
}
