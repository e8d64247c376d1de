import { useEffect, useRef } from 'react';

/** Whose page stood here before. */
let shown: string | undefined;

/** For a page's heading, which takes focus as the route changes. Not on the first page: there, focus stays at the document's start and the skip link. */
export function useArrival() {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (shown !== undefined && shown !== location.pathname) heading.current?.focus({ preventScroll: true });
    shown = location.pathname;
  }, []);
  return heading;
}
