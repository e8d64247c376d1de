import { Fragment, type ReactNode } from 'react';
import classes from './Prose.module.css';

type Kind = 'text' | 'heading' | 'quote' | 'bullets' | 'numbers' | 'code';
/** With where it stands in the text, which names it. */
type Piece = { at: number; text: string };
type Block = { kind: Kind; at: number; lines: Piece[] };

const FENCE = /^\s*(```|~~~)/;
const MARKS: readonly [Exclude<Kind, 'text' | 'code'>, RegExp][] = [
  ['quote', /^> ?/],
  ['bullets', /^\s*[-*+] +/],
  ['numbers', /^\s*\d{1,9}[.)] +/],
  ['heading', /^#{1,6} +/],
];

function blocksOf(text: string): Block[] {
  const blocks: Block[] = [];
  let open: Block | undefined;
  let fenced = false;
  for (const [at, line] of text.split('\n').entries()) {
    const add = (kind: Kind, shown: string) => {
      // Every heading stands for itself.
      if (open?.kind !== kind || kind === 'heading') blocks.push((open = { kind, at, lines: [] }));
      open.lines.push({ at, text: shown });
    };
    const last = open?.lines.at(-1);
    if (FENCE.test(line)) {
      fenced = !fenced;
      open = undefined;
    } else if (fenced) add('code', line);
    else if (line.trim() === '') open = undefined;
    else {
      const [kind, mark] = MARKS.find(([, each]) => each.test(line)) ?? ['text' as const, undefined];
      // An indented line goes on with its list.
      if (mark === undefined && last !== undefined && /^\s{2,}/.test(line) && (open?.kind === 'bullets' || open?.kind === 'numbers')) last.text += ` ${line.trim()}`;
      else add(kind, mark === undefined ? line : line.replace(mark, ''));
    }
  }
  return blocks;
}

/** A sentence in which code and bold are marked up; all else stands as it was written. */
export function Sentence({ text }: { text: string }) {
  const pieces: Piece[] = [];
  let at = 0;
  for (const part of text.split(/(`[^`]+`|\*\*[^*]+\*\*)/)) {
    if (part !== '') pieces.push({ at, text: part });
    at += part.length;
  }
  return pieces.map((piece) => <Fragment key={piece.at}>{/^`[^`]+`$/.test(piece.text) ? <code>{piece.text.slice(1, -1)}</code> : /^\*\*[^*]+\*\*$/.test(piece.text) ? <b>{piece.text.slice(2, -2)}</b> : piece.text}</Fragment>);
}

const plain = (lines: readonly Piece[]) => lines.map(({ text }) => text).join('\n');
const items = (lines: readonly Piece[]) =>
  lines.map(({ at, text }) => (
    <li key={at}>
      <Sentence text={text} />
    </li>
  ));

/**
 * Text with a little Markdown: lists, quotes, code, bold, headings as bold lines. HTML, images and links are text like any
 * other and stand as they were written, so that nothing is fetched and nothing leads anywhere. `quoted` names what stands
 * in quotes: somebody else wrote it.
 */
export function Prose({ text, quoted }: { text: string; quoted: ReactNode }) {
  return (
    <div className={classes['prose']} dir="auto">
      {blocksOf(text).map(({ kind, at, lines }) => {
        switch (kind) {
          case 'quote':
            return (
              <figure key={at} className={classes['quote']}>
                <figcaption>{quoted}</figcaption>
                <blockquote dir="auto">{plain(lines)}</blockquote>
              </figure>
            );
          case 'bullets':
            return <ul key={at}>{items(lines)}</ul>;
          case 'numbers':
            return <ol key={at}>{items(lines)}</ol>;
          case 'code':
            return (
              <pre key={at} tabIndex={0}>
                {plain(lines)}
              </pre>
            );
          case 'heading':
            return (
              <p key={at}>
                <b>{plain(lines)}</b>
              </p>
            );
          case 'text':
            return (
              <p key={at}>
                <Sentence text={plain(lines)} />
              </p>
            );
        }
      })}
    </div>
  );
}
