/**
 * Search params: the URL is state. What does not fit falls back to its default and never fails; what has its default is
 * left out of the address.
 */
// By name: as a whole it would bring every language's messages along.
import { array, boolean, catch as orElse, enum as oneOf, maxLength, minLength, object, optional, pipe, string, transform } from 'zod/mini';
import type { core } from 'zod/mini';

export const optionalText = orElse(optional(string().check(minLength(1), maxLength(500))), undefined);
export const optionalFlag = orElse(optional(boolean()), undefined);

/** One of some words, else nothing. */
export const optionalWord = <const W extends readonly [string, ...string[]]>(words: W) => orElse(optional(oneOf(words)), undefined);

/** Several of some words; one alone may stand without brackets. */
export const optionalWords = <const W extends readonly [string, ...string[]]>(words: W) =>
  orElse(
    optional(
      pipe(
        transform((value: unknown) => (Array.isArray(value) ? value : value === undefined ? [] : [value])),
        pipe(
          transform((value: unknown[]) => value.filter((each): each is W[number] => (words as readonly unknown[]).includes(each))),
          pipe(
            array(oneOf(words)),
            transform((value) => (value.length === 0 ? undefined : value)),
          ),
        ),
      ),
    ),
    undefined,
  );

export function search<Shape extends core.$ZodLooseShape>(shape: Shape) {
  const schema = object(shape);
  return (raw: Record<string, unknown>): core.output<typeof schema> => {
    const parsed = schema.safeParse(raw);
    const kept = parsed.success ? parsed.data : {};
    // An absent param is absent, not `undefined`, so that addresses stay short.
    return Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== undefined)) as core.output<typeof schema>;
  };
}
