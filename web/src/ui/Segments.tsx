import { useId } from 'react';
import classes from './Segments.module.css';

type Props<V extends string> = { label: string; value: V; options: readonly { value: V; label: string }[]; onChange: (value: V) => void; className?: string | undefined };

/** One of a few ways to look at the same thing, all of them in sight. */
export function Segments<V extends string>({ label, value, options, onChange, className }: Props<V>) {
  const name = useId();
  return (
    <div role="radiogroup" aria-label={label} className={`${classes['segments'] ?? ''} ${className ?? ''}`}>
      {options.map((each) => (
        <label key={each.value} className={classes['segment']} data-chosen={each.value === value}>
          <input type="radio" name={name} checked={each.value === value} onChange={() => onChange(each.value)} className="visually-hidden" />
          {each.label}
        </label>
      ))}
    </div>
  );
}
