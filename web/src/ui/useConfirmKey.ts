import { useEffect } from 'react';

/** `Ctrl/⌘ Enter` confirms the dialog that is open, wherever in it focus is. */
export function useConfirmKey(confirm: () => void) {
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && !event.repeat) confirm();
    };
    document.addEventListener('keydown', pressed);
    return () => document.removeEventListener('keydown', pressed);
  }, [confirm]);
}
