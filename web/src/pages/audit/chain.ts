/**
 * The chain of events, recomputed: RFC 8785 restricted to whole numbers, BLAKE3. The test vectors of docs/test-vectors
 * hold this and the server's own code to the same bytes.
 */
import { blake3 } from '@noble/hashes/blake3.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';

/** Past this (2^53), a number is not exact in every language. */
const MAX = 2 ** 53;

/** The canonical text of a JSON value: members by UTF-16 code units, no whitespace. Throws for what has none. */
export function canonical(value: unknown): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') {
    if (!value.isWellFormed()) throw new Error('a lone surrogate has no canonical form');
    return JSON.stringify(value);
  }
  if (typeof value === 'number') {
    if (!Number.isInteger(value) || Math.abs(value) > MAX) throw new Error(`${value} has no canonical form`);
    return Object.is(value, -0) ? '0' : String(value);
  }
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value === 'object') {
    // Strings compare by UTF-16 code units here, as the standard asks.
    const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${members.map(([name, each]) => `${canonical(name)}:${canonical(each)}`).join(',')}}`;
  }
  throw new Error('this is no JSON');
}

export const hashOf = (value: unknown): string => bytesToHex(blake3(utf8ToBytes(canonical(value))));

/** An event as the audit holds it. */
export type Sealed = { seq: number; hash: string; prev_hash: string | null };
export type Checked = { ok: true; checked: number } | { ok: false; checked: number; seq: number; why: 'hash' | 'link' };

/** Recomputes events that come newest first; where two are neighbours in the chain, their link as well. */
export function recheck(events: readonly Sealed[]): Checked {
  let newer: Sealed | undefined;
  let checked = 0;
  for (const event of events) {
    const { hash, ...rest } = event;
    if (hashOf(rest) !== hash) return { ok: false, checked, seq: event.seq, why: 'hash' };
    if (newer !== undefined && newer.seq === event.seq + 1 && newer.prev_hash !== hash) return { ok: false, checked, seq: newer.seq, why: 'link' };
    newer = event;
    checked += 1;
  }
  return { ok: true, checked };
}
