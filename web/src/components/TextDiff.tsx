import { diff } from '@codemirror/merge';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import classes from './TextDiff.module.css';

/** Unchanged lines kept around a change. */
const AROUND = 3;

type Line = { mark: ' ' | '+' | '-'; text: string } | { mark: 'gap'; count: number };

/* oxlint-disable react/no-array-index-key -- a line is told by its place alone */

/** What changed between two short texts, line by line, with signs as well as colours. */
export function TextDiff({ before, after, label }: { before: string; after: string; label: string }) {
  const { t } = useTranslation('services');
  const lines = useMemo(() => folded(compared(before, after)), [before, after]);
  return (
    // It scrolls by itself, so it takes focus.
    <pre className={classes['diff']} role="region" aria-label={label} tabIndex={0}>
      {lines.map((line, at) =>
        line.mark === 'gap' ? (
          <span key={at} className={classes['gap']}>{t('unchanged', { count: line.count })}{'\n'}</span>
        ) : (
          <span key={at} className={line.mark === '+' ? classes['added'] : line.mark === '-' ? classes['removed'] : undefined}>
            {line.mark} {line.text}
            {'\n'}
          </span>
        ),
      )}
    </pre>
  );
}

const split = (text: string) => (text === '' ? [] : text.replace(/\n$/, '').split('\n'));

/** Lines are compared as single characters, each distinct line one. */
function compared(before: string, after: string): Line[] {
  const [a, b] = [split(before), split(after)];
  const signs = new Map<string, string>();
  const sign = (line: string) => {
    const known = signs.get(line) ?? String.fromCharCode(0x100 + signs.size);
    signs.set(line, known);
    return known;
  };
  const changes = diff(a.map(sign).join(''), b.map(sign).join(''));
  const lines: Line[] = [];
  let at = 0;
  for (const change of changes) {
    lines.push(...a.slice(at, change.fromA).map((text): Line => ({ mark: ' ', text })));
    lines.push(...a.slice(change.fromA, change.toA).map((text): Line => ({ mark: '-', text })));
    lines.push(...b.slice(change.fromB, change.toB).map((text): Line => ({ mark: '+', text })));
    at = change.toA;
  }
  return [...lines, ...a.slice(at).map((text): Line => ({ mark: ' ', text }))];
}

function folded(lines: Line[]): Line[] {
  const near = lines.map((_, at) => lines.slice(Math.max(0, at - AROUND), at + AROUND + 1).some((line) => line.mark !== ' '));
  const out: Line[] = [];
  lines.forEach((line, at) => {
    const last = out.at(-1);
    if (near[at] === true) out.push(line);
    else if (last?.mark === 'gap') last.count += 1;
    else out.push({ mark: 'gap', count: 1 });
  });
  return out;
}
