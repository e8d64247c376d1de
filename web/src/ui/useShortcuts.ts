import { useEffect } from 'react';

/** Kept in the browser: WCAG 2.1.4 wants a way to turn them off. */
const KEPT = 'single-key-shortcuts';
const SEQUENCE_MS = 1_200;

export const singleKeys = {
  on: () => localStorage.getItem(KEPT) !== 'off',
  set: (on: boolean) => localStorage.setItem(KEPT, on ? 'on' : 'off'),
};

const EDITS = 'input, textarea, select, [contenteditable="true"], [role="textbox"], [role="combobox"]';
let prefix: { key: string; at: number } | undefined;

/**
 * Single keys (`c`) and sequences (`g r`). Never while something is typed or a dialog is open, never with a modifier.
 */
export function useShortcuts(keys: Record<string, (event: KeyboardEvent) => void>) {
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (!singleKeys.on() || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      const target = event.target instanceof Element ? event.target : null;
      if (target?.closest(EDITS)) return;
      if (document.querySelector('[role="dialog"][aria-modal="true"]')) return;
      const sequence = prefix !== undefined && Date.now() - prefix.at < SEQUENCE_MS ? `${prefix.key} ${event.key}` : event.key;
      const run = keys[sequence];
      if (run) {
        event.preventDefault();
        prefix = undefined;
        run(event);
      } else if (event.key === 'g') prefix = { key: 'g', at: Date.now() };
    };
    document.addEventListener('keydown', pressed);
    return () => document.removeEventListener('keydown', pressed);
  }, [keys]);
}
