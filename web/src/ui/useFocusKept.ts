import { useEffect } from 'react';

/**
 * Focus never falls off the page: what had it and went away leaves it to the dialog that is open, else to the page's
 * heading; what was closed for a moment (a button that waits for its answer) has it again when it opens.
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
    const keep = () => {
      if (last === undefined || document.activeElement !== document.body) return;
      if (last.isConnected) return void (last.matches(':disabled') || last.focus({ preventScroll: true }));
      (document.querySelector<HTMLElement>('[role="dialog"][aria-modal="true"]') ?? document.querySelector<HTMLElement>('main h1'))?.focus({ preventScroll: true });
    };
    const watch = new MutationObserver(keep);
    watch.observe(document.body, { subtree: true, childList: true, attributeFilter: ['disabled'] });
    document.addEventListener('focusin', focused);
    document.addEventListener('pointerdown', pointed, { capture: true });
    return () => {
      watch.disconnect();
      document.removeEventListener('focusin', focused);
      document.removeEventListener('pointerdown', pointed, { capture: true });
    };
  }, []);
}
