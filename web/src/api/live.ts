import type { QueryClient } from '@tanstack/react-query';
import { useEffect, useSyncExternalStore } from 'react';
import { body, client } from './client';
import type { Follower } from './follower';
import { keys } from './keys';
import { session } from './session';
import { sharedEvents } from './sharedEvents';
import type { SseEvent } from './sse';
import type { TimelineEvent } from './types';

/** What the badge says. */
export type LiveStatus = 'connecting' | 'live' | 'reconnecting' | 'offline';
type Snapshot = { status: LiveStatus; lastAt: Date | undefined; resets: number };

const TOPICS = ['releases', 'approvals', 'targets', 'catalogue'];
/** While no stream is open, what is on screen is read anew this often. */
export const POLL_MS = 15_000;
/** Reconnecting for longer than this is offline. */
const OFFLINE_MS = 20_000;
let now: Snapshot = { status: 'connecting', lastAt: undefined, resets: 0 };
const watchers = new Set<() => void>();
const listeners = new Set<(event: TimelineEvent) => void>();

function become(next: Partial<Snapshot>) {
  now = { ...now, ...next };
  for (const each of watchers) each();
}

export const useLive = (): Snapshot =>
  useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher);
      return () => void watchers.delete(watcher);
    },
    () => now,
  );

/** Hears every event that the caller may read, in order, each once. */
export function useEvents(onEvent: (event: TimelineEvent) => void) {
  useEffect(() => {
    listeners.add(onEvent);
    return () => void listeners.delete(onEvent);
  }, [onEvent]);
}

/** Opens the stream, keeps the query cache in step with it, and polls while it is down. Answers how to end it. */
export function startLive(queries: QueryClient, userId: string): () => void {
  const stop = new AbortController();
  const everything = () => void queries.invalidateQueries({ predicate: (q) => keys.isServers(q.queryKey) });
  // Fetched with the first event: no page waits for it.
  let follower: Promise<Follower> | undefined;
  let offline: ReturnType<typeof setTimeout> | undefined;
  const poll = setInterval(() => {
    if (now.status !== 'live') everything();
  }, POLL_MS);

  const heard = (message: SseEvent) => {
    if (message.event === 'reset') {
      become({ resets: now.resets + 1 });
      everything();
      return;
    }
    const event = JSON.parse(message.data) as TimelineEvent;
    follower ??= import('./follower').then(({ Follower }) => new Follower(queries));
    follower.then(
      (found) => found.follow(event),
      () => {
        follower = undefined;
        everything();
      },
    );
    for (const each of listeners) each(event);
  };

  const begin = async () => {
    // A stream that starts where this list was read misses nothing; what was read before it is read again.
    const askedAt = Date.now();
    const from = await body(client.GET('/api/v1/releases', { params: { query: { limit: 1 } } })).then(
      (list) => String(list.event_seq),
      () => undefined,
    );
    if (stop.signal.aborted) return;
    void queries.invalidateQueries({ predicate: (q) => keys.isServers(q.queryKey) && q.state.dataUpdatedAt < askedAt });
    sharedEvents({
      url: `${location.origin}/api/v1/events?${TOPICS.map((t) => `topic=${t}`).join('&')}`,
      channel: `release-events-${userId}`,
      from,
      signal: stop.signal,
      onEvent: heard,
      onAlive: () => become({ lastAt: new Date() }),
      onStatus: (status, code) => {
        clearTimeout(offline);
        if (status === 'open') become({ status: 'live', lastAt: new Date() });
        else if (status === 'connecting') become({ status: 'connecting' });
        else if (status === 'retrying') {
          become({ status: now.status === 'offline' ? 'offline' : 'reconnecting' });
          offline = setTimeout(() => become({ status: 'offline' }), OFFLINE_MS);
        } else {
          become({ status: 'offline' });
          if (code === 401) session.ended();
        }
      },
    });
  };
  void begin();
  return () => {
    stop.abort();
    clearInterval(poll);
    clearTimeout(offline);
    void follower?.then((found) => found.stop(), () => undefined);
  };
}
