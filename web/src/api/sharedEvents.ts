import { subscribe, type SseEvent, type SseStatus } from './sse';

type Message = { kind: 'event'; event: SseEvent } | { kind: 'status'; status: SseStatus } | { kind: 'alive' } | { kind: 'hello' };

export type SharedEvents = {
  url: string;
  /** One per signed-in person: tabs of another must not hear this stream. */
  channel: string;
  from: string | undefined;
  signal: AbortSignal;
  onEvent: (event: SseEvent) => void;
  onStatus: (status: SseStatus, code?: number) => void;
  onAlive: () => void;
};

/**
 * One connection for all tabs of a browser, since HTTP/1.1 allows six: who holds the Web Lock streams, the others listen
 * on a BroadcastChannel and take over where the holder stopped. Where a page has no locks (plain HTTP on another host than
 * localhost), each tab streams for itself.
 */
export function sharedEvents(o: SharedEvents): void {
  let last = o.from;
  const heard = (event: SseEvent) => {
    if (event.id !== undefined) {
      if (event.event !== 'reset' && last !== undefined && Number(event.id) <= Number(last)) return;
      last = event.id;
    }
    o.onEvent(event);
  };
  if (!('locks' in navigator) || typeof BroadcastChannel === 'undefined') {
    void subscribe({ url: o.url, lastEventId: last, signal: o.signal, onEvent: heard, onStatus: o.onStatus, onAlive: o.onAlive });
    return;
  }
  const channel = new BroadcastChannel(o.channel);
  const tell = (message: Message) => {
    if (!o.signal.aborted) channel.postMessage(message);
  };
  let status: SseStatus = 'connecting';
  let leads = false;
  channel.addEventListener('message', ({ data }: MessageEvent<Message>) => {
    if (data.kind === 'event') heard(data.event);
    else if (data.kind === 'status') o.onStatus(data.status);
    else if (data.kind === 'alive') o.onAlive();
    else if (leads) tell({ kind: 'status', status });
  });
  tell({ kind: 'hello' });
  navigator.locks
    .request(o.channel, { signal: o.signal }, async () => {
      leads = true;
      await subscribe({
        url: o.url,
        lastEventId: last,
        signal: o.signal,
        onEvent: (event) => {
          heard(event);
          tell({ kind: 'event', event });
        },
        onStatus: (next, code) => {
          status = next;
          o.onStatus(next, code);
          tell({ kind: 'status', status: next });
        },
        onAlive: () => {
          o.onAlive();
          tell({ kind: 'alive' });
        },
      });
      leads = false;
    })
    .catch(() => {
      // Aborted while it waited for its turn: the page is going.
    });
  o.signal.addEventListener('abort', () => channel.close(), { once: true });
}
