import classes from './Bar.module.css';

/** How much of something is done, from 0 to 1. */
export function Bar({ done, label, thin = false }: { done: number; label: string; thin?: boolean }) {
  const percent = Math.round(100 * Math.min(1, Math.max(0, done)));
  return (
    <div role="progressbar" aria-label={label} aria-valuemin={0} aria-valuemax={100} aria-valuenow={percent} className={classes['bar']} data-thin={thin}>
      {/* Never quite nothing: a run that has begun shows that it has. */}
      <div style={{ width: `${Math.max(4, percent)}%` }} />
    </div>
  );
}
