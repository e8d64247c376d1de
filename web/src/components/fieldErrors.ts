import { isApiError } from '../api/problem';

/** What the server found wrong, by JSON pointer: for the inputs of a form. */
export function fieldErrors(error: unknown): (pointer: string) => string | undefined {
  const found = new Map((isApiError(error) ? (error.problem?.errors ?? []) : []).map((each) => [each.pointer, each.message]));
  return (pointer) => found.get(pointer);
}

/** A key out of a name: what most people would type. */
export const keyFrom = (name: string): string =>
  name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 63);
