/**
 * Search params: the URL is state. What does not fit falls back to nothing and never fails; what has its default is left out
 * of the address. By hand, since the rules are five and a library for them is a thirtieth of what a first page may weigh.
 */

/** Reads one param, `undefined` where it does not fit. */
type Param<T> = (raw: unknown) => T | undefined;
type Read<Shape extends Record<string, Param<unknown>>> = { [Name in keyof Shape]?: Exclude<ReturnType<Shape[Name]>, undefined> };

/** Longer than anything a page links to. */
const LONGEST = 500;
/** More of one kind than anybody picks. */
const MOST = 50;

export const optionalText: Param<string> = (raw) => {
  // An address may give a number for what is text (`?event=41`).
  const text = typeof raw === 'number' ? String(raw) : raw;
  return typeof text === 'string' && text.length > 0 && text.length <= LONGEST ? text : undefined;
};

/** Several texts; one alone may stand without brackets. */
export const optionalTexts: Param<string[]> = (raw) => {
  const kept = (Array.isArray(raw) ? raw : [raw]).map(optionalText).filter((text) => text !== undefined);
  return kept.length === 0 ? undefined : kept.slice(0, MOST);
};

export const optionalFlag: Param<boolean> = (raw) => (typeof raw === 'boolean' ? raw : undefined);

/** One of some words, else nothing. */
export const optionalWord =
  <const W extends readonly string[]>(words: W): Param<W[number]> =>
  (raw) =>
    words.find((word) => word === raw);

/** Several of some words; one alone may stand without brackets. */
export const optionalWords =
  <const W extends readonly string[]>(words: W): Param<W[number][]> =>
  (raw) => {
    const given: readonly unknown[] = Array.isArray(raw) ? raw : [raw];
    const kept = words.filter((word) => given.includes(word));
    return kept.length === 0 ? undefined : kept;
  };

export function search<const Shape extends Record<string, Param<unknown>>>(shape: Shape) {
  return (raw: Record<string, unknown>): Read<Shape> => {
    const read = Object.entries(shape).map(([name, param]) => [name, param(raw[name])] as const);
    // An absent param is absent, not `undefined`, so that addresses stay short.
    return Object.fromEntries(read.filter(([, value]) => value !== undefined)) as Read<Shape>;
  };
}
