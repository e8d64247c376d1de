import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { yaml } from '@codemirror/lang-yaml';
import { MergeView, unifiedMergeView } from '@codemirror/merge';
import { EditorState } from '@codemirror/state';
import { EditorView, lineNumbers } from '@codemirror/view';
import { tags as tag } from '@lezer/highlight';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { cspNonce } from '../../nonce';
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
  '.cm-collapsedLines': { background: 'var(--canvas)', color: 'var(--mantine-color-text)' },
  '&.cm-merge-b .cm-changedLine, .cm-inlineChangedLine': { backgroundColor: 'light-dark(#dafbe1, #12361c)' },
  '&.cm-merge-a .cm-changedLine, .cm-deletedChunk': { backgroundColor: 'light-dark(#ffebe9, #42181a)' },
});

/** Unchanged lines around a hunk, and how many at least are folded. */
const FOLD = { margin: 3, minSize: 6 };

/** Two YAML texts compared; unchanged stretches are folded and say how long they are. */
export default function DiffView({ before, after, mode, name }: { before: string; after: string; mode: 'unified' | 'split'; name: string }) {
  const { t } = useTranslation('releases');
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
    const view =
      mode === 'split'
        ? new MergeView({
            a: { doc: before, extensions: [...base, named(t('plan.diffBefore', { name }))] },
            b: { doc: after, extensions: [...base, named(t('plan.diff', { name }))] },
            parent,
            collapseUnchanged: FOLD,
            gutter: true,
          })
        : new EditorView({
            parent,
            doc: after,
            extensions: [...base, named(t('plan.diff', { name })), unifiedMergeView({ original: before, mergeControls: false, collapseUnchanged: FOLD, gutter: true })],
          });
    return () => view.destroy();
  }, [before, after, mode, name, t]);
  return <div ref={at} className={classes['diff']} data-testid="diff" />;
}
