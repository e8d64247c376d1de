import { EventSourceParserStream } from 'eventsource-parser/stream';

export type SseEvent = { id: string | undefined; event: string; data: string };
export type SseStatus = 'connecting' | 'open' | 'retrying' | 'closed';

/** The server comments every 15 s: a stream silent for three of these is dead, whatever TCP thinks. */
export const SILENCE_MS = 45_000;
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 15_000;
/** Nothing that trying again would change. */
const FINAL = new Set([204, 400, 401, 403, 404]);

export type SseOptions = {
  url: string;
  lastEventId?: string | undefined;
  signal: AbortSignal;
  onEvent: (event: SseEvent) => void;
  onStatus: (status: SseStatus, code?: number) => void;
  /** Whatever came, a comment too. */
  onAlive?: () => void;
};

/** The events of one answer, as they come; `alive` hears of whatever came, a comment too. */
export async function* eventsOf(body: ReadableStream<Uint8Array>, alive: () => void): AsyncGenerator<SseEvent> {
  const events = body
    .pipeThrough(new TransformStream<Uint8Array, Uint8Array>({ transform: (chunk, to) => (alive(), to.enqueue(chunk)) }))
    .pipeThrough(new TextDecoderStream() as unknown as ReadableWritablePair<string, Uint8Array>)
    .pipeThrough(new EventSourceParserStream())
    .getReader();
  for (;;) {
    const { done, value } = await events.read();
    if (done) return;
    yield { id: value.id, event: value.event ?? 'message', data: value.data };
  }
}

/** Reads a stream until it is told to stop, resuming from the last id after each cut (full-jitter backoff). */
export async function subscribe(o: SseOptions): Promise<void> {
  let last = o.lastEventId;
  for (let attempt = 0; !o.signal.aborted; attempt++) {
    o.onStatus(attempt === 0 ? 'connecting' : 'retrying');
    const link = new AbortController();
    const stop = () => link.abort();
    o.signal.addEventListener('abort', stop, { once: true });
    let silence: ReturnType<typeof setTimeout> | undefined;
    const alive = () => {
      clearTimeout(silence);
      silence = setTimeout(stop, SILENCE_MS);
      o.onAlive?.();
    };
    try {
      const response = await fetch(o.url, {
        headers: { accept: 'text/event-stream', ...(last === undefined ? {} : { 'last-event-id': last }) },
        credentials: 'same-origin',
        cache: 'no-store',
        signal: link.signal,
      });
      if (FINAL.has(response.status)) {
        o.onStatus('closed', response.status);
        return;
      }
      if (!response.ok || !response.body) throw new Error(`the event stream answered ${response.status}`);
      o.onStatus('open');
      alive();
      for await (const event of eventsOf(response.body, alive)) {
        attempt = 0;
        if (event.id !== undefined) last = event.id;
        o.onEvent(event);
      }
    } catch {
      // A cut stream is no error of the page: it is said by the status, and tried again.
    } finally {
      clearTimeout(silence);
      o.signal.removeEventListener('abort', stop);
    }
    if (o.signal.aborted) break;
    o.onStatus('retrying');
    await pause(Math.random() * Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(attempt, 6)), o.signal);
  }
  o.onStatus('closed');
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
}
