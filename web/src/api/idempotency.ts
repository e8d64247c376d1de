/** A random UUID (version 4), also where the page is no secure context and `randomUUID` is missing. */
export function newKey(): string {
  const b = crypto.getRandomValues(new Uint8Array(16));
  b[6] = ((b[6] ?? 0) & 0x0f) | 0x40;
  b[8] = ((b[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(b, (x) => x.toString(16).padStart(2, '0')).join('');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/**
 * The key of one intent: the same for every try with the same input, another once it succeeded or the input changed, so
 * that a retry of a click whose answer was lost is answered, and never done twice.
 */
export class Intent {
  #input: string | undefined;
  #key: string | undefined;

  key(input: unknown): string {
    const text = JSON.stringify(input) ?? '';
    if (this.#key === undefined || this.#input !== text) {
      this.#input = text;
      this.#key = newKey();
    }
    return this.#key;
  }

  succeeded() {
    this.#key = undefined;
  }
}
