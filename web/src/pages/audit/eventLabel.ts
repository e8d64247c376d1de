import * as texts from '../../i18n/en/codes.json';

/** Every event of the contract, `area.what`, as the texts have them. */
export const EVENT_TYPES: string[] = Object.entries(texts.event).flatMap(([area, names]) => Object.keys(names).map((name) => `${area}.${name}`));

/** An event in the reader's language; one that this page does not know by its own name. */
export function eventLabel(t: (key: never, options: { defaultValue: string }) => string, type: string): string {
  return t(`codes:event.${type}` as never, { defaultValue: type });
}
