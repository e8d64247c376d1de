/** The turns that this browser listens to, above all pages: leaving one and coming back loses nothing of what is told. */
import type { QueryClient } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import { keys } from '../../api/keys';
import { assistant } from '../../api/modules/assistant';
import { renew } from '../../api/renew';
import type { AssistantEntry } from '../../api/types';

export type Turn = {
  /** As it was typed: the session keeps it without its secrets, and shows it from then on. */
  said: string;
  /** What has been told so far; the session has it as well. */
  heard: readonly AssistantEntry[];
  /** `cut`: it runs on at the server, unheard. */
  state: 'running' | 'cut' | 'refused';
  error?: unknown;
};

let turns: ReadonlyMap<string, Turn> = new Map();
const watchers = new Set<() => void>();

function become(session: string, turn: Turn | undefined) {
  const next = new Map(turns);
  if (turn === undefined) next.delete(session);
  else next.set(session, turn);
  turns = next;
  for (const each of watchers) each();
}

export const useTurn = (session: string | undefined): Turn | undefined =>
  useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher);
      return () => void watchers.delete(watcher);
    },
    () => (session === undefined ? undefined : turns.get(session)),
  );

/** Says something in a session, and listens until the turn is over. */
export async function listen(queries: QueryClient, session: string, said: string): Promise<void> {
  const readAnew = () => renew(queries, { queryKey: keys.one('assistant', session) });
  let turn: Turn = { said, heard: [], state: 'running' };
  become(session, turn);
  try {
    const whole = await assistant.say(session, said, (entry) => {
      // By then the session has what was said.
      if (turn.heard.length === 0) void readAnew();
      turn = { ...turn, heard: [...turn.heard, entry] };
      become(session, turn);
      // The card stands for the release as it is with its plan, whatever was read of it while the plan was made.
      if (entry.event === 'confirmation_required') void renew(queries, { queryKey: keys.release(entry.release.id) });
    });
    await readAnew();
    become(session, whole ? undefined : { ...turn, state: 'cut' });
    // The first text names its session.
    void queries.invalidateQueries({ queryKey: keys.list('assistant') });
  } catch (error) {
    become(session, { ...turn, state: 'refused', error });
  }
}
