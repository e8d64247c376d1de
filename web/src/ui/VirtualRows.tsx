import { defaultRangeExtractor, useWindowVirtualizer, type Range } from '@tanstack/react-virtual';
import { useCallback, useImperativeHandle, useLayoutEffect, useRef, useState } from 'react';
import { joined, type LongRowsProps } from './LongRows';

/** Rows kept beyond the window's edges. */
const OVERSCAN = 10;

/** Many rows: those in sight exist, the others are room. */
export default function VirtualRows({ count, estimate, keyOf, row, list, item, handle }: LongRowsProps) {
  const own = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  useLayoutEffect(() => setTop((own.current?.getBoundingClientRect().top ?? 0) + window.scrollY), []);
  // The row that has focus stays, however far one scrolls from it: Tab goes on from there.
  const [focused, setFocused] = useState<number>();
  const rangeExtractor = useCallback((range: Range) => withRow(defaultRangeExtractor(range), focused, range.count), [focused]);
  const virtual = useWindowVirtualizer({ count, estimateSize: () => estimate, overscan: OVERSCAN, scrollMargin: top, getItemKey: keyOf as (index: number) => string | number, rangeExtractor });
  useImperativeHandle(handle, () => ({ scrollTo: (index, align) => virtual.scrollToIndex(index, { align }) }), [virtual]);
  const { ref, style, ...rest } = list;
  return (
    <div {...rest} ref={(element) => joined(element, own, ref)} style={{ ...style, position: 'relative', height: virtual.getTotalSize() }}>
      {virtual.getVirtualItems().map(({ key, index, start }) => {
        const { style: ownStyle, ...more } = item(index);
        return (
          <div key={key} {...more} ref={virtual.measureElement} data-index={index} onFocus={() => setFocused(index)} onBlur={() => setFocused(undefined)} style={{ ...ownStyle, position: 'absolute', insetInline: 0, top: 0, transform: `translateY(${start - virtual.options.scrollMargin}px)` }}>
            {row(index)}
          </div>
        );
      })}
    </div>
  );
}

/** The rows in sight, and one more in its place. */
function withRow(indexes: number[], row: number | undefined, count: number): number[] {
  return row === undefined || row >= count || indexes.includes(row) ? indexes : [...indexes, row].sort((a, b) => a - b);
}
