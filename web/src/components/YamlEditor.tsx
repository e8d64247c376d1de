import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { yaml } from '@codemirror/lang-yaml';
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { EditorState, RangeSetBuilder, StateEffect, StateField, type Extension } from '@codemirror/state';
import { Decoration, EditorView, keymap, lineNumbers, type DecorationSet } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { useEffect, useRef } from 'react';
import { cspNonce } from '../nonce';

/** Something wrong at a line, counted from 1. */
export type LineMark = { line: number; severity: 'error' | 'warning' };

type Props = { value: string; onChange?: (value: string) => void; label: string; marks?: readonly LineMark[]; describedBy?: string };

const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: 'light-dark(#0550ae, #79c0ff)' },
  { tag: [tags.string, tags.content], color: 'light-dark(#0a3069, #a5d6ff)' },
  { tag: [tags.number, tags.bool, tags.keyword], color: 'light-dark(#6639ba, #d2a8ff)' },
  { tag: [tags.comment, tags.meta, tags.separator, tags.punctuation], color: 'light-dark(#57606a, #9da7b1)' },
]);

const look = EditorView.theme({
  '&': { color: 'var(--mantine-color-text)', backgroundColor: 'transparent', border: '1px solid var(--mantine-color-default-border)', borderRadius: 'var(--mantine-radius-sm)', fontSize: '13px' },
  '&.cm-focused': { outline: '2px solid var(--mantine-primary-color-filled)', outlineOffset: '1px' },
  '.cm-gutters': { backgroundColor: 'transparent', color: 'var(--mantine-color-dimmed)', border: 'none' },
  '.cm-cursor': { borderLeftColor: 'var(--mantine-color-text)' },
  '.cm-scroller': { minHeight: '12rem', maxHeight: '32rem', overflow: 'auto', fontFamily: 'var(--mantine-font-family-monospace)' },
  '.cm-problem-error': { backgroundColor: 'light-dark(#ffebe9, #42181a)', boxShadow: 'inset 3px 0 light-dark(#b42318, #ff8787)' },
  '.cm-problem-warning': { backgroundColor: 'light-dark(#fff4e6, #3b2a10)', boxShadow: 'inset 3px 0 light-dark(#a8380b, #ffa94d)' },
});

const mark = StateEffect.define<readonly LineMark[]>();
const marked = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(before, transaction) {
    for (const effect of transaction.effects) {
      if (!effect.is(mark)) continue;
      const set = new RangeSetBuilder<Decoration>();
      const { doc } = transaction.state;
      for (const { line, severity } of effect.value.filter((each) => each.line >= 1 && each.line <= doc.lines).toSorted((a, b) => a.line - b.line)) {
        const from = doc.line(line).from;
        set.add(from, from, Decoration.line({ class: `cm-problem-${severity}` }));
      }
      return set.finish();
    }
    return before.map(transaction.changes);
  },
  provide: (field) => EditorView.decorations.from(field),
});

/**
 * What is typed over a selection goes in by the editor: left to the browser, it would carry styles over in attributes,
 * which the page's policy forbids.
 */
const typedOver = EditorView.domEventHandlers({
  beforeinput(event, view) {
    if (event.inputType !== 'insertText' || event.data === null || view.composing || view.state.selection.main.empty) return false;
    event.preventDefault();
    view.dispatch(view.state.replaceSelection(event.data), { userEvent: 'input.type', scrollIntoView: true });
    return true;
  },
});

/** YAML to read or to write; the lines of `marks` stand out. Tab moves on, as everywhere. */
export default function YamlEditor({ value, onChange, label, marks, describedBy }: Props) {
  const parent = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | undefined>(undefined);
  const changed = useRef(onChange);
  useEffect(() => {
    changed.current = onChange;
  }, [onChange]);
  const readOnly = onChange === undefined;
  useEffect(() => {
    const extensions: Extension[] = [
      lineNumbers(),
      yaml(),
      syntaxHighlighting(colours),
      look,
      marked,
      EditorView.lineWrapping,
      EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0', ...(describedBy === undefined ? {} : { 'aria-describedby': describedBy }) }),
      ...(cspNonce === undefined ? [] : [EditorView.cspNonce.of(cspNonce)]),
      ...(readOnly
        ? [EditorState.readOnly.of(true), EditorView.editable.of(false)]
        : [typedOver, history(), keymap.of([...defaultKeymap, ...historyKeymap]), EditorView.updateListener.of((update) => update.docChanged && changed.current?.(update.state.doc.toString()))]),
    ];
    if (parent.current === null) return undefined;
    const made = new EditorView({ parent: parent.current, doc: value, extensions });
    view.current = made;
    return () => made.destroy();
    // The text goes in by itself below; a new editor would lose the cursor.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [label, readOnly, describedBy]);
  useEffect(() => {
    const shown = view.current;
    if (shown !== undefined && shown.state.doc.toString() !== value) shown.dispatch({ changes: { from: 0, to: shown.state.doc.length, insert: value } });
  }, [value]);
  useEffect(() => view.current?.dispatch({ effects: mark.of(marks ?? []) }), [marks, label, readOnly]);
  return <div ref={parent} data-testid="yaml" />;
}
