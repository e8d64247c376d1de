import { useEffect } from 'react';

/**
 * Focus never falls off the page: what had it and went away leaves it to the dialog that is open, else to the place that the
 * page has for it (`data-focus-home`) or its heading; what was closed for a moment (a button that waits for its answer) has it
 * again when it opens.
 */
export function useFocusKept() {
  useEffect(() => {
    let last: HTMLElement | undefined;
    const focused = ({ target }: FocusEvent) => {
      last = target instanceof HTMLElement ? target : undefined;
    };
    // Whoever points somewhere wants focus there, or nowhere.
    const pointed = () => {
      last = undefined;
    };
    let due: ReturnType<typeof setTimeout> | undefined;
    const keep = () => {
      due = undefined;
      if (last === undefined || document.activeElement !== document.body) return;
      if (last.isConnected) return void (last.matches(':disabled') || last.focus({ preventScroll: true }));
      (document.querySelector<HTMLElement>('[role="dialog"][aria-modal="true"]') ?? document.querySelector<HTMLElement>('main [data-focus-home]') ?? document.querySelector<HTMLElement>('main h1'))?.focus({ preventScroll: true });
    };
    // Afterwards: between one element and the next, nothing has focus for a moment.
    const watch = new MutationObserver(() => {
      due ??= setTimeout(keep);
    });
    watch.observe(document.body, { subtree: true, childList: true, attributeFilter: ['disabled'] });
    const stop = new AbortController();
    const { signal } = stop;
    document.addEventListener('focusin', focused, { signal });
    document.addEventListener('pointerdown', pointed, { signal });
    return () => {
      watch.disconnect();
      stop.abort();
    };
  }, []);
}
