/**
 * Search params: the URL is state. What does not fit falls back to its default and never fails; what has its default is
 * left out of the address.
 */
import * as z from 'zod/mini';

export const optionalText = z.catch(z.optional(z.string().check(z.minLength(1), z.maxLength(500))), undefined);
export const optionalFlag = z.catch(z.optional(z.boolean()), undefined);

/** One of some words, else nothing. */
export const optionalWord = <const W extends readonly [string, ...string[]]>(words: W) => z.catch(z.optional(z.enum(words)), undefined);

/** Several of some words; one alone may stand without brackets. */
export const optionalWords = <const W extends readonly [string, ...string[]]>(words: W) =>
  z.catch(
    z.optional(
      z.pipe(
        z.transform((value: unknown) => (Array.isArray(value) ? value : value === undefined ? [] : [value])),
        z.pipe(
          z.transform((value: unknown[]) => value.filter((each): each is W[number] => (words as readonly unknown[]).includes(each))),
          z.pipe(
            z.array(z.enum(words)),
            z.transform((value) => (value.length === 0 ? undefined : value)),
          ),
        ),
      ),
    ),
    undefined,
  );

export function search<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  const schema = z.object(shape);
  return (raw: Record<string, unknown>): z.output<typeof schema> => {
    const parsed = schema.safeParse(raw);
    const kept = parsed.success ? parsed.data : {};
    // An absent param is absent, not `undefined`, so that addresses stay short.
    return Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== undefined)) as z.output<typeof schema>;
  };
}
