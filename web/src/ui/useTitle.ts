import { createContext, use, useEffect } from 'react';

/** How many things wait: shown before the page's name in the tab. */
export const WaitingCount = createContext(0);

/** The tab's title, in the page's own language. */
export function useTitle(page: string, product: string) {
  const count = use(WaitingCount);
  useEffect(() => {
    document.title = `${count > 0 ? `(${count}) ` : ''}${page} · ${product}`;
  }, [page, product, count]);
}
