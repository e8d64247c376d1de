/** What was done, said for a moment in a corner; nothing that anybody must read. */
export type Toast = { id: number; text: string };

/** Long enough to read a line. */
const SHOWN_MS = 5_000;
/** More at once hide the page. */
const MOST = 4;

let toasts: readonly Toast[] = [];
let made = 0;
const watchers = new Set<() => void>();

function become(next: readonly Toast[]) {
  toasts = next;
  for (const each of watchers) each();
}

export function toast(text: string) {
  const id = (made += 1);
  become([...toasts, { id, text }].slice(-MOST));
  setTimeout(() => dismiss(id), SHOWN_MS);
}

export const dismiss = (id: number) => become(toasts.filter((each) => each.id !== id));

export const shown = {
  get: () => toasts,
  subscribe(watcher: () => void) {
    watchers.add(watcher);
    return () => void watchers.delete(watcher);
  },
};
