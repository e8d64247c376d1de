/** The reader's IANA zone. */
export const timeZone = (): string => new Intl.DateTimeFormat().resolvedOptions().timeZone;
