import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { useImperativeHandle, useLayoutEffect, useRef, useState } from 'react';
import { joined, type LongRowsProps } from './LongRows';

/** Rows kept beyond the window's edges. */
const OVERSCAN = 10;

/** Many rows: those in sight exist, the others are room. */
export default function VirtualRows({ count, estimate, keyOf, row, list, item, handle }: LongRowsProps) {
  const own = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  useLayoutEffect(() => setTop((own.current?.getBoundingClientRect().top ?? 0) + window.scrollY), []);
  const virtual = useWindowVirtualizer({ count, estimateSize: () => estimate, overscan: OVERSCAN, scrollMargin: top, getItemKey: keyOf as (index: number) => string | number });
  useImperativeHandle(handle, () => ({ scrollTo: (index, align) => virtual.scrollToIndex(index, { align }) }), [virtual]);
  const { ref, style, ...rest } = list;
  return (
    <div {...rest} ref={(element) => joined(element, own, ref)} style={{ ...style, position: 'relative', height: virtual.getTotalSize() }}>
      {virtual.getVirtualItems().map(({ key, index, start }) => {
        const { style: ownStyle, ...more } = item(index);
        return (
          <div key={key} {...more} ref={virtual.measureElement} data-index={index} style={{ ...ownStyle, position: 'absolute', insetInline: 0, top: 0, transform: `translateY(${start - virtual.options.scrollMargin}px)` }}>
            {row(index)}
          </div>
        );
      })}
    </div>
  );
}
