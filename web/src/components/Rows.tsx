import { Table } from '@mantine/core';
import { useMemo, useRef, type ReactNode } from 'react';
import { useShortcuts } from '../ui/useShortcuts';
import classes from './Rows.module.css';

export type Column<T> = {
  head: string;
  cell: (row: T) => ReactNode;
  /** A heading that only assistive technology needs. */
  quiet?: boolean;
};

type Props<T> = { label: string; rows: readonly T[]; columns: readonly Column<T>[]; keyOf: (row: T) => string };

/**
 * Rows of things: a table where there is room, a card each on a phone, the same elements in both. `j` and `k` go from row to
 * row by their first link, `Enter` opens it.
 */
export function Rows<T>({ label, rows, columns, keyOf }: Props<T>) {
  const body = useRef<HTMLTableSectionElement>(null);
  const shortcuts = useMemo(() => {
    const move = (by: number) => () => {
      const links = [...(body.current?.querySelectorAll<HTMLElement>('tr') ?? [])].map((row) => row.querySelector<HTMLElement>('a, button')).filter((link) => link !== null);
      const at = links.findIndex((link) => link.closest('tr')?.contains(document.activeElement));
      links[at === -1 ? 0 : Math.min(Math.max(at + by, 0), links.length - 1)]?.focus();
    };
    return { j: move(1), k: move(-1) };
  }, []);
  useShortcuts(shortcuts);
  return (
    // Roles are said, since a table that is laid out as cards would lose them.
    <Table {...(classes['rows'] === undefined ? {} : { className: classes['rows'] })} role="table" aria-label={label} verticalSpacing="xs">
      <Table.Thead role="rowgroup">
        <Table.Tr role="row">
          {columns.map((column) => (
            <Table.Th key={column.head} role="columnheader" scope="col">
              {column.quiet === true ? <span className="visually-hidden">{column.head}</span> : column.head}
            </Table.Th>
          ))}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody role="rowgroup" ref={body}>
        {rows.map((row) => (
          <Table.Tr key={keyOf(row)} role="row">
            {columns.map((column) => (
              <Table.Td key={column.head} role="cell" data-label={column.quiet === true ? '' : column.head}>
                {column.cell(row)}
              </Table.Td>
            ))}
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
