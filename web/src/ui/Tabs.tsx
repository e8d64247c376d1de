import { useEffect, useId, useRef, type KeyboardEvent, type ReactNode } from 'react';
import classes from './Tabs.module.css';

type Props<V extends string> = { label: string; value: V; tabs: readonly { value: V; label: string }[]; onChange: (value: V) => void; children: ReactNode };

/** Parts of one thing, of which one is open: only that one stands in the page. Arrow keys go from tab to tab. */
export function Tabs<V extends string>({ label, value, tabs, onChange, children }: Props<V>) {
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const at = tabs.findIndex((each) => each.value === value);
  // On a phone not all of them fit: the open one is in view, and the page itself stays where it is.
  useEffect(() => {
    const open = list.current?.querySelector(`[data-tab="${value}"]`);
    if (!list.current || !open) return;
    const [outer, inner] = [list.current.getBoundingClientRect(), open.getBoundingClientRect()];
    list.current.scrollLeft += inner.left - outer.left - (outer.width - inner.width) / 2;
  }, [value]);
  const move = (event: KeyboardEvent) => {
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = tabs[(to + tabs.length) % tabs.length];
    if (next === undefined) return;
    onChange(next.value);
    list.current?.querySelector<HTMLElement>(`[data-tab="${next.value}"]`)?.focus();
  };
  return (
    <>
      <div ref={list} role="tablist" aria-label={label} className={classes['list']} onKeyDown={move} tabIndex={-1}>
        {tabs.map((each) => {
          const chosen = each.value === value;
          return (
            <button
              key={each.value}
              type="button"
              role="tab"
              id={`${id}-${each.value}`}
              data-tab={each.value}
              aria-selected={chosen}
              aria-controls={chosen ? `${id}-panel` : undefined}
              tabIndex={chosen ? 0 : -1}
              className={classes['tab']}
              onClick={() => onChange(each.value)}
            >
              {each.label}
            </button>
          );
        })}
      </div>
      <div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${value}`} className={classes['panel']}>
        {children}
      </div>
    </>
  );
}
