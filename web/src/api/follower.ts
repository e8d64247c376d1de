/** What events make stale is read anew; fetched with the first of them. */
import type { QueryClient } from '@tanstack/react-query';
import { keys } from './keys';
import { renewLists } from './lists';
import { renew } from './renew';
import type { Release, TimelineEvent } from './types';

/** Lists are read anew at most this often, however many events come. */
const LISTS_MS = 400;

/** What opens or closes commands of other releases: a target gets busy or free, a freeze, a hold, a policy. */
const OPENS = /^(apply|rollback|freeze|hold|policy|release)\./;

export class Follower {
  readonly #queries: QueryClient;
  readonly #lists: Throttled;

  constructor(queries: QueryClient) {
    this.#queries = queries;
    this.#lists = new Throttled(LISTS_MS, (touched) => void renewLists(queries, touched));
  }

  /** Reads anew what an event touches. A release whose `version` on screen is newer than the event's is left alone. */
  follow(event: TimelineEvent) {
    const queries = this.#queries;
    this.#lists.run(event.release?.id);
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

  stop() {
    this.#lists.stop();
  }
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
