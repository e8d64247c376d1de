/** A session's entries as the page shows them: what belongs together stands together. */
import type { AssistantCard, AssistantEntry, Schemas } from '../../api/types';

type Call = Schemas['AssistantToolCall'];
export type Result = Schemas['AssistantToolResult'];
export type Item =
  | { kind: 'said' | 'told'; entry: Schemas['AssistantMessage'] }
  | { kind: 'step'; call: Call; result: Result | undefined }
  /** `newest` of its release: where the release itself is shown. */
  | { kind: 'card'; card: AssistantCard; result: Result | undefined; newest: boolean }
  | { kind: 'failed'; entry: Schemas['AssistantFailure'] };

/** Each entry once, in its order; the session's own word counts where both have one, since a card there has been answered. */
export function merged(kept: readonly AssistantEntry[], heard: readonly AssistantEntry[]): AssistantEntry[] {
  return [...new Map([...heard, ...kept].map((entry) => [entry.number, entry])).values()].sort((a, b) => a.number - b.number);
}

export function itemsOf(entries: readonly AssistantEntry[]): Item[] {
  const results = new Map(entries.flatMap((entry) => (entry.event === 'tool_result' ? [[entry.id, entry] as const] : [])));
  const cards = entries.filter((entry) => entry.event === 'confirmation_required');
  const asked = new Set(cards.map((card) => card.confirmation_id));
  const newest = new Map(cards.map((card) => [card.release.id, card.number]));
  return entries.flatMap((entry): Item[] => {
    switch (entry.event) {
      case 'message':
        return [{ kind: entry.from === 'person' ? 'said' : 'told', entry }];
      case 'tool_call':
        return asked.has(entry.id) ? [] : [{ kind: 'step', call: entry, result: results.get(entry.id) }];
      // It stands with its step or its card.
      case 'tool_result':
        return [];
      case 'confirmation_required':
        return [{ kind: 'card', card: entry, result: results.get(entry.confirmation_id), newest: newest.get(entry.release.id) === entry.number }];
      case 'failed':
        return [{ kind: 'failed', entry }];
    }
  });
}

/** What a masked value looks like; said again it would be taken for the value. */
const MASK = '••••';

/** What the person has said, oldest first, to be brought back and said again. */
export const saidBefore = (entries: readonly AssistantEntry[]): string[] =>
  entries.flatMap((entry) => (entry.event === 'message' && entry.from === 'person' && !entry.text.includes(MASK) ? [entry.text] : []));
