import { useEffect, useState } from 'react';
import { useTip } from './useTip';

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['week', 604_800],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
];

const SKEW_SECS = 15;

/** "3 minutes ago", "in 2 hours". */
export function relative(at: Date, now: number, locale: string): string {
  const seconds = (at.getTime() - now) / 1000;
  // The page's clock ticks every few seconds and is not the server's: what is a moment ahead is now.
  if (seconds > 0 && seconds < SKEW_SECS) return relative(new Date(now), now, locale);
  const format = formats(locale).relative;
  for (const [unit, size] of STEPS) if (Math.abs(seconds) >= size) return format.format(Math.trunc(seconds / size), unit);
  return format.format(Math.trunc(seconds), 'second');
}

/** With date, time and zone. */
export const absolute = (at: Date, locale: string): string => formats(locale).absolute.format(at);

export const clock = (at: Date, locale: string): string => formats(locale).clock.format(at);

type Formats = { relative: Intl.RelativeTimeFormat; absolute: Intl.DateTimeFormat; clock: Intl.DateTimeFormat };
const made = new Map<string, Formats>();

/** Making one takes longer than a row of a list does. */
function formats(locale: string): Formats {
  const kept = made.get(locale);
  if (kept !== undefined) return kept;
  const now = {
    relative: new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'short' }),
    absolute: new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'long' }),
    clock: new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false }),
  };
  made.set(locale, now);
  return now;
}

/** One clock for everything that shows an age. */
const TICK_MS = 10_000;
const ticking = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

export function useNow(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const tick = () => setNow(Date.now());
    ticking.add(tick);
    timer ??= setInterval(() => {
      for (const each of ticking) each();
    }, TICK_MS);
    return () => {
      ticking.delete(tick);
      if (ticking.size === 0) {
        clearInterval(timer);
        timer = undefined;
      }
    };
  }, []);
  return now;
}

/** An instant: its age, and exactly on hover and focus. */
export function When({ at, locale }: { at: string; locale: string }) {
  const now = useNow();
  const date = new Date(at);
  const { props, tip } = useTip<HTMLTimeElement>(() => absolute(date, locale));
  return (
    <>
      <time {...props} dateTime={at} tabIndex={0} style={{ whiteSpace: 'nowrap' }}>
        {relative(date, now, locale)}
      </time>
      {tip}
    </>
  );
}
