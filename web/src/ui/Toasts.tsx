import { useSyncExternalStore } from 'react';
import { dismiss, shown } from './toast';
import classes from './Toasts.module.css';

/** The corner where toasts come up; a click takes one away. Read out politely, since the region is always there. */
export function Toasts() {
  const toasts = useSyncExternalStore(shown.subscribe, shown.get);
  return (
    <div role="status" className={classes['corner']}>
      {toasts.map(({ id, text }) => (
        <button key={id} type="button" className={classes['toast']} onClick={() => dismiss(id)}>
          {text}
        </button>
      ))}
    </div>
  );
}
