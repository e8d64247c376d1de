import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { yaml } from '@codemirror/lang-yaml';
import { Chunk, MergeView, unifiedMergeView } from '@codemirror/merge';
import { EditorState, Text } from '@codemirror/state';
import { Decoration, EditorView, WidgetType, lineNumbers } from '@codemirror/view';
import { tags as tag } from '@lezer/highlight';
import { useEffect, useMemo, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { cspNonce } from '../../nonce';
import { CopyText } from '../CopyText';
import { yamlPath, type Hunk } from './hunks';
import classes from './plan.module.css';

const highlight = HighlightStyle.define([
  { tag: [tag.propertyName, tag.definition(tag.propertyName)], color: 'light-dark(#0550ae, #79c0ff)' },
  { tag: [tag.string, tag.content], color: 'light-dark(#0a3069, #a5d6ff)' },
  { tag: [tag.number, tag.bool, tag.keyword], color: 'light-dark(#6639ba, #d2a8ff)' },
  { tag: tag.comment, color: 'light-dark(#57606a, #9da7b1)' },
  { tag: [tag.meta, tag.separator, tag.punctuation], color: 'light-dark(#57606a, #9da7b1)' },
]);
const look = EditorView.theme({
  '&': { color: 'var(--mantine-color-text)', backgroundColor: 'transparent' },
  '.cm-gutters': { backgroundColor: 'transparent', color: 'var(--mantine-color-dimmed)', border: 'none' },
  '.cm-hunk-path': { padding: '2px 8px', color: 'var(--mantine-color-dimmed)', borderTop: '1px dashed var(--line)', fontSize: '0.75rem' },
  '.cm-collapsedLines': { background: 'var(--canvas)', color: 'var(--mantine-color-text)' },
  '&.cm-merge-b .cm-changedLine, .cm-inlineChangedLine': { backgroundColor: 'light-dark(#dafbe1, #12361c)' },
  '&.cm-merge-a .cm-changedLine, .cm-deletedChunk': { backgroundColor: 'light-dark(#ffebe9, #42181a)' },
});

/** Unchanged lines around a hunk, and how many at least are folded. */
const FOLD = { margin: 3, minSize: 6 };

/** Names the place of a hunk above its first visible line. */
class PathLine extends WidgetType {
  readonly path: string;

  constructor(path: string) {
    super();
    this.path = path;
  }

  override eq(other: PathLine) {
    return other.path === this.path;
  }

  toDOM() {
    const line = document.createElement('div');
    line.className = 'cm-hunk-path';
    line.textContent = this.path;
    return line;
  }
}

/** Hunks by the text after the change; where everything is gone, by the one before. */
function hunksOf(before: string, after: string): Hunk[] {
  const [a, b] = [Text.of(before.split('\n')), Text.of(after.split('\n'))];
  const shown = after === '' ? before : after;
  const lines = shown.split('\n');
  return Chunk.build(a, b).map((chunk) => {
    const at = after === '' ? a.lineAt(Math.min(chunk.fromA, a.length)).number : b.lineAt(Math.min(chunk.fromB, b.length)).number;
    return { path: yamlPath(lines, at - 1), line: at };
  });
}

/** More hunks than these are not listed above the text; they stand in it all the same. */
const LISTED = 12;

/** Scrolls a line into the middle. */
function show(view: EditorView | undefined, line: number) {
  if (view !== undefined) view.dispatch({ effects: EditorView.scrollIntoView(view.state.doc.line(Math.min(line, view.state.doc.lines)).from, { y: 'center' }) });
}

type Props = { before: string; after: string; mode: 'unified' | 'split'; name: string; hunk?: string | undefined; linkTo: (path: string) => string };

/** Two YAML texts compared; unchanged stretches are folded and say how long they are, each hunk has its path and a link. */
export default function DiffView({ before, after, mode, name, hunk, linkTo }: Props) {
  const { t } = useTranslation('releases');
  const editor = useRef<EditorView | undefined>(undefined);
  const hunks = useMemo(() => hunksOf(before, after), [before, after]);
  const at = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const parent = at.current;
    if (parent === null) return;
    const base = [
      lineNumbers(),
      yaml(),
      syntaxHighlighting(highlight),
      look,
      EditorState.readOnly.of(true),
      EditorView.editable.of(false),
      EditorView.lineWrapping,
      EditorState.phrases.of({ '$ unchanged lines': t('plan.gap_other', { count: 2 }).replace('2', '$') }),
      ...(cspNonce === undefined ? [] : [EditorView.cspNonce.of(cspNonce)]),
    ];
    const named = (label: string) => EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0' });
    const text = Text.of(after.split('\n'));
    // Above the lines that stand around the hunk.
    const above = (each: Hunk) => Decoration.widget({ widget: new PathLine(each.path), block: true, side: -1 }).range(text.line(Math.max(1, Math.min(each.line - FOLD.margin, text.lines))).from);
    const paths = EditorView.decorations.of(Decoration.set(after === '' ? [] : hunks.filter((each) => each.path !== '').map(above), true));
    const view =
      mode === 'split'
        ? new MergeView({
            a: { doc: before, extensions: [...base, named(t('plan.diffBefore', { name }))] },
            b: { doc: after, extensions: [...base, paths, named(t('plan.diff', { name }))] },
            parent,
            collapseUnchanged: FOLD,
            gutter: true,
          })
        : new EditorView({
            parent,
            doc: after,
            extensions: [...base, paths, named(t('plan.diff', { name })), unifiedMergeView({ original: before, mergeControls: false, collapseUnchanged: FOLD, gutter: true })],
          });
    editor.current = view instanceof MergeView ? view.b : view;
    const linked = hunks.find((each) => each.path === hunk);
    if (linked !== undefined) show(editor.current, linked.line);
    return () => view.destroy();
  }, [before, after, mode, name, hunks, hunk, t]);
  return (
    <>
      {hunks.length === 0 || before === '' || after === '' ? null : (
        <ul className={classes['hunks']} aria-label={t('plan.hunks')}>
          {hunks.slice(0, LISTED).map((each) => (
            <li key={`${each.line} ${each.path}`} data-linked={each.path === hunk}>
              <button type="button" onClick={() => show(editor.current, each.line)}>
                {each.path === '' ? t('plan.line', { line: each.line }) : each.path}
              </button>
              <CopyText value={linkTo(each.path)} label={t('plan.link', { name: each.path })} link />
            </li>
          ))}
        </ul>
      )}
      <div ref={at} className={classes['diff']} data-testid="diff" />
    </>
  );
}
