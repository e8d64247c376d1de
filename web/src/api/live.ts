import type { QueryClient } from '@tanstack/react-query';
import { useEffect, useSyncExternalStore } from 'react';
import { body, client } from './client';
import { keys } from './keys';
import { renew, renewLists } from './renew';
import { session } from './session';
import { sharedEvents } from './sharedEvents';
import type { SseEvent } from './sse';
import type { Release, TimelineEvent } from './types';

/** What the badge says. */
export type LiveStatus = 'connecting' | 'live' | 'reconnecting' | 'offline';
type Snapshot = { status: LiveStatus; lastAt: Date | undefined; resets: number };

const TOPICS = ['releases', 'approvals', 'targets', 'catalogue'];
/** While no stream is open, what is on screen is read anew this often. */
export const POLL_MS = 15_000;
/** Reconnecting for longer than this is offline. */
const OFFLINE_MS = 20_000;
/** Lists are read anew at most this often, however many events come. */
const LISTS_MS = 400;

/** What opens or closes commands of other releases: a target gets busy or free, a freeze, a hold, a policy. */
const OPENS = /^(apply|rollback|freeze|hold|policy|release)\./;

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
  const lists = new Throttled(LISTS_MS, (touched) => void renewLists(queries, touched));
  let offline: ReturnType<typeof setTimeout> | undefined;
  const poll = setInterval(() => {
    if (now.status !== 'live') void queries.invalidateQueries({ predicate: (q) => keys.isServers(q.queryKey) });
  }, POLL_MS);

  const heard = (message: SseEvent) => {
    if (message.event === 'reset') {
      become({ resets: now.resets + 1 });
      void queries.invalidateQueries({ predicate: (q) => keys.isServers(q.queryKey) });
      return;
    }
    const event = JSON.parse(message.data) as TimelineEvent;
    patch(queries, event, lists);
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
    lists.stop();
  };
}

/** Reads anew what an event touches. A release whose `version` on screen is newer than the event's is left alone. */
function patch(queries: QueryClient, event: TimelineEvent, lists: Throttled) {
  lists.run(event.release?.id);
  if (OPENS.test(event.event_type)) void renew(queries, { predicate: (q) => keys.isRelease(q.queryKey) });
  if (event.release) {
    const { id, version } = event.release;
    const shown = queries.getQueryData<Release>(keys.release(id));
    const stale = shown === undefined || shown.version <= version;
    if (stale) void renew(queries, { queryKey: keys.release(id), exact: true });
    if (event.event_type.startsWith('preview.')) void renew(queries, { queryKey: keys.part(id, 'plan') });
    if (event.event_type === 'resource.changed' || event.event_type.startsWith('health.') || event.event_type.startsWith('drift.')) {
      void renew(queries, { queryKey: keys.part(id, 'objects') });
    }
    if (/^(apply|rollback|diagnostics)\./.test(event.event_type)) {
      void renew(queries, { queryKey: keys.part(id, 'diagnostics') });
      void renew(queries, { queryKey: keys.part(id, 'objects') });
    }
    return;
  }
  const subject = event.subject?.kind;
  if (subject !== undefined) void renew(queries, { predicate: (q) => keys.isOfSubject(q.queryKey, subject) });
}

/** Runs at once, then at most once per interval, no call and nothing that it named ever lost. */
class Throttled {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #again = false;
  #named = new Set<string>();
  readonly #ms: number;
  readonly #run: (named: ReadonlySet<string>) => void;

  constructor(ms: number, run: (named: ReadonlySet<string>) => void) {
    this.#ms = ms;
    this.#run = run;
  }

  run(name?: string) {
    if (name !== undefined) this.#named.add(name);
    if (this.#timer !== undefined) {
      this.#again = true;
      return;
    }
    this.#run(this.#named);
    this.#named = new Set();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#again) {
        this.#again = false;
        this.run();
      }
    }, this.#ms);
  }

  stop() {
    clearTimeout(this.#timer);
  }
}
