import { vi } from 'vitest';

export const json = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status, headers: { 'content-type': status < 400 ? 'application/json' : 'application/problem+json' } });
export const problem = (code: string, status: number) => json({ type: `/docs#${code}`, title: code, status, detail: 'said by the server', code, trace_id: 'f'.repeat(32), errors: [] }, status);

/** Answers every request, told as `METHOD path?query` without `/api/v1`; what was asked is kept with its body. */
export function answering(answer: (asked: string) => Response | Promise<Response>) {
  const asked: { what: string; body: unknown }[] = [];
  vi.stubGlobal('fetch', async (request: Request) => {
    const { pathname, search } = new URL(request.url);
    const what = `${request.method} ${pathname.replace('/api/v1', '')}${search}`;
    const text = await request.text();
    asked.push({ what, body: text === '' ? undefined : JSON.parse(text) });
    return answer(what);
  });
  return asked;
}
