import { Tooltip } from '@mantine/core';
import { useRef, useState, type ReactNode } from 'react';

/**
 * A tip that exists while it is shown: `props` go on what it is about, `tip` stands beside that. Long lists have one or two
 * in each row, and a tooltip that only waits costs more than the row.
 */
export function useTip<E extends HTMLElement>(label: () => ReactNode) {
  const target = useRef<E>(null);
  const [shown, setShown] = useState(false);
  const show = () => setShown(true);
  const hide = () => setShown(false);
  return {
    props: { ref: target, onPointerEnter: show, onPointerLeave: hide, onFocus: show, onBlur: hide },
    tip: shown ? <Tooltip target={target} label={label()} opened /> : null,
  };
}
