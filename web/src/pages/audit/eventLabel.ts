/** An event in the reader's language; one that this page does not know (a newer server's) by its own name. */
export function eventLabel(t: (key: never, options: { defaultValue: string }) => string, type: string): string {
  return t(`codes:event.${type}` as never, { defaultValue: type });
}
