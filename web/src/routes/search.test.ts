import { describe, expect, it } from 'vitest';
import { optionalFlag, optionalText, optionalTexts, optionalWord, optionalWords, search } from './search';

const read = search({ q: optionalText, ids: optionalTexts, mine: optionalFlag, tab: optionalWord(['plan', 'objects']), status: optionalWords(['draft', 'failed']) });

describe('search params', () => {
  it('are read where they fit', () => {
    expect(read({ q: 'shop', ids: ['a', 'b'], mine: true, tab: 'plan', status: ['failed', 'draft'] })).toEqual({ q: 'shop', ids: ['a', 'b'], mine: true, tab: 'plan', status: ['draft', 'failed'] });
  });
  it('may stand alone where several are meant, and a number may stand for a text', () => {
    expect(read({ q: 41, ids: 'a', status: 'failed' })).toEqual({ q: '41', ids: ['a'], status: ['failed'] });
  });
  it.each([
    { q: '' },
    { q: { $ne: 1 } },
    { q: 'x'.repeat(501) },
    { ids: [] },
    { ids: [{}] },
    { mine: 'yes' },
    { tab: 'constructor' },
    { status: ['no such'] },
    { unknown: 1 },
  ])('fall back to nothing where they do not fit: %j', (raw) => {
    expect(read(raw)).toEqual({});
  });
  it('keep what fits beside what does not', () => {
    expect(read({ status: ['failed', 'nonsense'], tab: 7, q: 'a' })).toEqual({ status: ['failed'], q: 'a' });
  });
});
