import { Tooltip } from '@mantine/core';
import { useEffect, useRef, useState, type ReactNode } from 'react';

/**
 * A tip that exists while it is shown: `props` go on what it is about, `tip` stands beside that. Long lists have one or two
 * in each row, and a tooltip that only waits costs more than the row. Escape puts it away (WCAG 1.4.13).
 */
export function useTip<E extends HTMLElement>(label: () => ReactNode) {
  const target = useRef<E>(null);
  const [shown, setShown] = useState(false);
  const show = () => setShown(true);
  const hide = () => setShown(false);
  useEffect(() => {
    if (!shown) return undefined;
    const onKey = (event: KeyboardEvent) => {
      if (event.key === 'Escape') setShown(false);
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [shown]);
  return {
    props: { ref: target, onPointerEnter: show, onPointerLeave: hide, onFocus: show, onBlur: hide },
    tip: shown ? <Tooltip target={target} label={label()} opened /> : null,
  };
}
