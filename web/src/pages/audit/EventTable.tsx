import { Anchor, Badge, Button, Code, Group, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { TimelineEvent } from '../../api/types';
import { CopyText } from '../../components/CopyText';
import { Moment } from '../../components/Moment';
import { eventLabel } from './eventLabel';
import classes from './EventTable.module.css';

/** A row's height until it is measured. */
const ROW = 44;

type Props = { events: readonly TimelineEvent[]; pinned: number | undefined; opened: string | undefined; onOpen: (seq: number | undefined) => void; onEnd: () => void };

/** The newest first; only rows in sight are in the page, however many were read. */
export function EventTable({ events, pinned, opened, onOpen, onEnd }: Props) {
  const { t } = useTranslation(['audit', 'codes', 'shell']);
  const list = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  useEffect(() => setTop(list.current?.offsetTop ?? 0), []);
  const rows = useWindowVirtualizer({ count: events.length, estimateSize: () => ROW, overscan: 10, scrollMargin: top });
  const last = rows.getVirtualItems().at(-1)?.index ?? 0;
  useEffect(() => {
    if (last >= events.length - 1) onEnd();
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [last, events.length]);
  return (
    <div className={classes['table']} role="table" aria-label={t('title')} aria-rowcount={events.length + 1}>
      <div role="rowgroup">
        <div role="row" className={classes['head']} aria-rowindex={1}>
          {(['seq', 'when', 'who', 'what', 'object'] as const).map((name) => <span key={name} role="columnheader">{t(`column.${name}`)}</span>)}
        </div>
      </div>
      <div ref={list} role="rowgroup" style={{ height: rows.getTotalSize(), position: 'relative' }}>
        {rows.getVirtualItems().map((row) => {
          const event = events[row.index];
          if (event === undefined) return null;
          const open = opened === String(event.seq);
          return (
            <div key={event.seq} ref={rows.measureElement} data-index={row.index} role="row" aria-rowindex={row.index + 2} className={classes['row']} data-pinned={event.seq === pinned || undefined} style={{ transform: `translateY(${row.start - rows.options.scrollMargin}px)` }}>
              <span role="cell">
                <Button variant="subtle" size="compact-xs" aria-expanded={open} aria-label={t('details', { seq: event.seq })} onClick={() => onOpen(open ? undefined : event.seq)}>{event.seq}</Button>
              </span>
              <span role="cell"><Moment at={event.occurred_at} /></span>
              <span role="cell">{event.actor.name} <Badge size="xs" variant="light" color={event.actor.kind === 'assistant' ? 'violet' : 'gray'}>{t(`codes:channel.${event.channel}`)}</Badge></span>
              <span role="cell">{eventLabel(t, event.event_type)}</span>
              <span role="cell"><Subject event={event} /></span>
              {open ? <Details event={event} /> : null}
            </div>
          );
        })}
      </div>
    </div>
  );
}

/** What the event is about, as a link where there is a page of it. */
function Subject({ event }: { event: TimelineEvent }) {
  const { t } = useTranslation('audit');
  if (event.release) return <Anchor component={Link} to={`/releases/${event.release.id}`}>{t('releaseNumber', { number: event.release.number })} · {event.release.service.name} → {event.release.target.name}</Anchor>;
  const subject = event.subject;
  if (!subject) return <Text span c="dimmed">–</Text>;
  const to = { service: `/services/${subject.id}`, target: `/targets/${subject.id}`, environment: `/policies?environment=${subject.id}`, policy: `/policies?environment=${subject.id}` }[subject.kind];
  const text = `${subject.kind} ${subject.key}`;
  return to === undefined ? <span>{text}</span> : <Anchor component={Link} to={to}>{text}</Anchor>;
}

function Details({ event }: { event: TimelineEvent }) {
  const { t } = useTranslation('audit');
  return (
    <div role="cell" className={classes['details']}>
      <Group gap="xs"><Text size="sm" c="dimmed">{t('hash')}</Text><Code>{event.hash}</Code><CopyText value={event.hash} label={t('copyHash')} /></Group>
      <Code block tabIndex={0} aria-label={t('payload', { seq: event.seq })}>{JSON.stringify(event.data, null, 2)}</Code>
    </div>
  );
}
