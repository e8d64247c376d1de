/**
 * Sessions with the assistant: what is said in them, and what came of it. A card is answered in `deployment.ts`, where every
 * command is.
 */
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { body, client } from '../client';
import { keys } from '../keys';
import { SILENCE_MS, eventsOf } from '../sse';
import type { AssistantEntry } from '../types';

const PAGE = 50;
const at = (id: string) => ({ params: { path: { id } } });

export const assistant = {
  sessions: (cursor?: string) => body(client.GET('/api/v1/assistant/sessions', { params: { query: { limit: PAGE, ...(cursor === undefined ? {} : { cursor }) } } })),
  begin: (key: string) => body(client.POST('/api/v1/assistant/sessions', { params: { header: { 'Idempotency-Key': key } }, body: {} })),
  session: (id: string) => body(client.GET('/api/v1/assistant/sessions/{id}', at(id))),
  remove: (id: string) => body(client.DELETE('/api/v1/assistant/sessions/{id}', at(id))),
  stop: (id: string) => body(client.POST('/api/v1/assistant/sessions/{id}/stop', { ...at(id), body: {} })),

  /**
   * Says something and tells what comes of it, entry by entry. Answers whether it heard the end: a turn whose stream broke
   * off runs on at the server. What is refused before anything began throws.
   */
  async say(id: string, text: string, heard: (entry: AssistantEntry) => void): Promise<boolean> {
    const link = new AbortController();
    const stream = await body(client.POST('/api/v1/assistant/sessions/{id}/messages', { ...at(id), body: { text }, parseAs: 'stream', signal: link.signal }));
    if (stream === null) return false;
    let silence: ReturnType<typeof setTimeout> | undefined;
    const alive = () => {
      clearTimeout(silence);
      silence = setTimeout(() => link.abort(), SILENCE_MS);
    };
    try {
      alive();
      for await (const { event, data } of eventsOf(stream, alive)) {
        if (event === 'done') return true;
        heard(JSON.parse(data) as AssistantEntry);
      }
    } catch {
      // Cut: what was done is in the session.
    } finally {
      clearTimeout(silence);
    }
    return false;
  },
};

export const assistantQueries = {
  sessions: () =>
    infiniteQueryOptions({
      queryKey: keys.list('assistant'),
      queryFn: ({ pageParam }) => assistant.sessions(pageParam),
      initialPageParam: undefined as string | undefined,
      getNextPageParam: (last) => last.next_cursor ?? undefined,
    }),
  session: (id: string) => queryOptions({ queryKey: keys.one('assistant', id), queryFn: () => assistant.session(id) }),
};
