import { lazy, Suspense, useEffect, useImperativeHandle, useRef, type HTMLAttributes, type Key, type ReactNode, type Ref } from 'react';

/** What `scroll` of a list can be told. */
export type RowsHandle = { scrollTo: (index: number, align: 'center' | 'end') => void };

export type LongRowsProps = {
  count: number;
  /** What a row is likely to be high, px; each is measured. */
  estimate: number;
  keyOf: (index: number) => Key;
  row: (index: number) => ReactNode;
  list: HTMLAttributes<HTMLDivElement> & { ref?: Ref<HTMLDivElement> };
  item: (index: number) => HTMLAttributes<HTMLDivElement>;
  handle?: Ref<RowsHandle>;
  /** The end is near: more may be asked for. */
  onEnd?: (() => void) | undefined;
};

/** Up to so many rows simply stand there; what virtualises more of them is fetched when there are. */
const PLAIN = 100;
/** px below the window in which the end counts as near. */
const NEAR = 1_200;

const VirtualRows = lazy(() => import('./VirtualRows'));

/** Rows of a page that scrolls: any number of them, of which only those in sight exist once they are many. */
export function LongRows(props: LongRowsProps) {
  const { count, onEnd } = props;
  return (
    <>
      {count <= PLAIN ? (
        <PlainRows {...props} />
      ) : (
        <Suspense fallback={<PlainRows {...props} count={PLAIN} />}>
          <VirtualRows {...props} />
        </Suspense>
      )}
      {onEnd === undefined ? null : <End key={count} onEnd={onEnd} />}
    </>
  );
}

function PlainRows({ count, keyOf, row, list, item, handle }: LongRowsProps) {
  const own = useRef<HTMLDivElement>(null);
  useImperativeHandle(handle, () => ({ scrollTo: (index, align) => own.current?.children[index]?.scrollIntoView({ block: align }) }), []);
  const { ref, ...rest } = list;
  return (
    <div {...rest} ref={(element) => joined(element, own, ref)}>
      {Array.from({ length: count }, (_, index) => (
        <div key={keyOf(index)} {...item(index)}>
          {row(index)}
        </div>
      ))}
    </div>
  );
}

/** One element for two refs. */
export function joined(element: HTMLDivElement | null, own: { current: HTMLDivElement | null }, given: Ref<HTMLDivElement> | undefined) {
  own.current = element;
  if (typeof given === 'function') given(element);
  else if (given !== null && given !== undefined) given.current = element;
}

/** Tells when the end of what is there comes near; anew for each length, since the end has moved. */
function End({ onEnd }: { onEnd: () => void }) {
  const at = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const watch = new IntersectionObserver((seen) => seen.some((each) => each.isIntersecting) && onEnd(), { rootMargin: `${NEAR}px` });
    if (at.current !== null) watch.observe(at.current);
    return () => watch.disconnect();
  }, [onEnd]);
  return <div ref={at} aria-hidden="true" />;
}
