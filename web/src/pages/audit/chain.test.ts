import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { canonical, hashOf, recheck, type Sealed } from './chain';

const vectors = (name: string) => JSON.parse(readFileSync(`${import.meta.dirname}/../../../../docs/test-vectors/${name}.json`, 'utf8')) as Record<string, unknown[]>;

describe('the chain, recomputed in the browser', () => {
  it('encodes and hashes as every other implementation does', () => {
    const cases = vectors('canonical')['cases'] as { name: string; input: string; canonical: string; blake3: string }[];
    expect(cases.length).toBeGreaterThan(5);
    for (const each of cases) {
      const value: unknown = JSON.parse(each.input);
      expect([each.name, canonical(value), hashOf(value)]).toEqual([each.name, each.canonical, each.blake3]);
    }
  });

  it('finds the sealed events whole and every change in them', () => {
    const chain = (vectors('chain')['events'] as { event: Sealed & Record<string, unknown> }[]).map((each) => each.event).reverse();
    expect(recheck(chain)).toEqual({ ok: true, checked: chain.length });
    chain.forEach((event, index) => {
      const changed = chain.map((each) => (each === event ? { ...each, event_type: 'policy.changed' } : each));
      expect(recheck(changed)).toEqual({ ok: false, checked: index, seq: event.seq, why: 'hash' });
    });
  });

  it('finds an event that was sealed anew by its neighbour', () => {
    const chain = (vectors('chain')['events'] as { event: Sealed & Record<string, unknown> }[]).map((each) => each.event).reverse();
    const [newest, ...older] = chain;
    const { hash: _, ...first } = { ...older[0]!, event_type: 'policy.changed' };
    const forged = { ...first, hash: hashOf(first) } as Sealed;
    expect(recheck([newest!, forged, ...older.slice(1)])).toEqual({ ok: false, checked: 1, seq: newest!.seq, why: 'link' });
  });

  it('does not take a gap for a broken link', () => {
    const chain = (vectors('chain')['events'] as { event: Sealed }[]).map((each) => each.event).reverse();
    expect(recheck([chain[0]!, chain[2]!])).toEqual({ ok: true, checked: 2 });
  });
});
