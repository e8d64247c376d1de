import { Alert, Button, Code, Group, Switch, Text, UnstyledButton } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { keys } from '../../api/keys';
import { useEvents, useLive } from '../../api/live';
import { deployment } from '../../api/modules/deployment';
import type { Release, TimelineEvent } from '../../api/types';
import { CopyText } from '../CopyText';
import { DataRegion, Empty } from '../DataRegion';
import { Moment } from '../Moment';
import { Actor } from './Actor';
import { stepOf } from './eventSteps';
import { EVENT_FILTERS, STEPS, type Step } from './flow';
import { useEventText } from './useEventText';
import { currentLocale } from '../../i18n';
import { Choice } from '../../ui/Choice';
import { LongRows, type RowsHandle } from '../../ui/LongRows';
import { Segments } from '../../ui/Segments';
import classes from './TimelinePanel.module.css';

type Filter = (typeof EVENT_FILTERS)[number];

const ROW = 40;
/** What is announced while events pour in, at most once in this time. */
const ANNOUNCE_MS = 5_000;

const KEPT: Record<Filter, (type: string) => boolean> = {
  all: () => true,
  steps: (type) => type !== 'resource.changed' && type !== 'stage.changed',
  decisions: (type) => /^(approval|gate|break_glass)\./.test(type),
  objects: (type) => type === 'resource.changed' || type === 'stage.changed' || type === 'diagnostics.recorded',
};

export type Narrowed = { filter: Filter; step: Step | undefined };

/** Everything that happened, in order, growing while it happens. */
export function TimelinePanel({ release, filter, step, linked, onNarrow }: Narrowed & { release: Release; linked: string | undefined; onNarrow: (next: Partial<Narrowed>) => void }) {
  const { t } = useTranslation('releases');
  const timeline = useInfiniteQuery({
    queryKey: keys.part(release.id, 'timeline'),
    queryFn: ({ pageParam }) => deployment.timeline(release.id, pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    // Nobody adds to it while it is not on screen.
    staleTime: 0,
  });
  const { hasNextPage, fetchNextPage, isFetchingNextPage } = timeline;
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);

  const [started] = useState(useLive().resets);
  const { resets } = useLive();
  // Beside what was read, not in it: an event may be heard before the page that holds it has come.
  const [heard, setHeard] = useState<readonly TimelineEvent[]>([]);
  const hear = useCallback(
    (event: TimelineEvent) => {
      if (event.release?.id === release.id) setHeard((now) => [...now, event]);
    },
    [release.id],
  );
  useEvents(hear);

  const all = useMemo(() => merged(timeline.data?.pages.flatMap((page) => page.items) ?? [], heard), [timeline.data, heard]);
  const rows = useMemo(() => all.filter((e) => KEPT[filter](e.event_type) && (step === undefined || stepOf(e.event_type) === step)), [all, filter, step]);
  return (
    <DataRegion query={timeline} label={t('timeline.region')}>
      {() => (
        <>
          {resets > started ? <Alert color="orange">{t('timeline.gap')}</Alert> : null}
          <Group gap="xs" wrap="wrap">
            <Segments className={classes['filter']} label={t('timeline.filter')} value={filter} onChange={(value) => onNarrow({ filter: value })} options={EVENT_FILTERS.map((value) => ({ value, label: t(`timeline.${value}`) }))} />
            <Choice<Step> size="xs" aria-label={t('timeline.step')} clearable placeholder={t('timeline.anyStep')} value={step} data={STEPS.map((value) => ({ value, label: t(`steps.${value}`) }))} onChange={(value) => onNarrow({ step: value ?? undefined })} />
          </Group>
          {rows.length === 0 ? <Empty title={t('timeline.none')} /> : <EventList release={release} rows={rows} linked={linked} />}
        </>
      )}
    </DataRegion>
  );
}

/** Each event once, in its order. */
function merged(read: readonly TimelineEvent[], heard: readonly TimelineEvent[]): TimelineEvent[] {
  return [...new Map([...read, ...heard].map((event) => [event.seq, event])).values()].sort((a, b) => a.seq - b.seq);
}

function EventList({ release, rows, linked }: { release: Release; rows: TimelineEvent[]; linked: string | undefined }) {
  const { t } = useTranslation('releases');
  const scroll = useRef<RowsHandle>(null);
  const running = release.lifecycle_state === 'applying' || release.lifecycle_state === 'rollback';
  const [follow, setFollow] = useState(running && linked === undefined);
  const [open, setOpen] = useState<ReadonlySet<number>>(() => new Set(linked === undefined ? [] : [Number(linked)]));
  const at = linked === undefined ? -1 : rows.findIndex((e) => String(e.seq) === linked);
  useEffect(() => {
    if (at >= 0) scroll.current?.scrollTo(at, 'center');
    // Once: afterwards the reader scrolls.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [at >= 0]);
  useEffect(() => {
    if (follow && rows.length > 0) scroll.current?.scrollTo(rows.length - 1, 'end');
  }, [follow, rows.length]);
  const toggle = (seq: number) =>
    setOpen((now) => {
      const next = new Set(now);
      if (!next.delete(seq)) next.add(seq);
      return next;
    });
  return (
    <>
      <Group justify="space-between">
        <Switch size="sm" label={t('timeline.follow')} checked={follow} onChange={(e) => setFollow(e.currentTarget.checked)} />
        <Button size="xs" variant="subtle" onClick={() => scroll.current?.scrollTo(rows.length - 1, 'end')}>
          {t('timeline.jump')}
        </Button>
      </Group>
      <Announcement events={rows} />
      <LongRows
        count={rows.length}
        estimate={ROW}
        handle={scroll}
        keyOf={(index) => rows[index]?.seq ?? index}
        list={{ role: 'list', 'aria-label': t('timeline.region') }}
        item={(index) => ({ role: 'listitem', id: `event-${rows[index]?.seq ?? ''}`, className: String(rows[index]?.seq) === linked ? classes['linked'] : undefined })}
        row={(index) => {
          const event = rows[index];
          return event === undefined ? null : <EventRow event={event} first={rows[0]} open={open.has(event.seq)} onToggle={() => toggle(event.seq)} link={`${location.origin}/releases/${release.id}?tab=timeline&event=${event.seq}`} />;
        }}
      />
    </>
  );
}

/** The newest event for assistive technology, a few words in a few seconds. */
function Announcement({ events }: { events: TimelineEvent[] }) {
  const { title } = useEventText();
  const newest = events.at(-1);
  const [said, setSaid] = useState('');
  const next = useRef('');
  useEffect(() => {
    next.current = newest === undefined ? '' : title(newest);
  }, [newest, title]);
  useEffect(() => {
    const timer = setInterval(() => setSaid(next.current), ANNOUNCE_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <div role="log" aria-live="polite" className="visually-hidden">
      {said}
    </div>
  );
}

type RowProps = { event: TimelineEvent; first: TimelineEvent | undefined; open: boolean; onToggle: () => void; link: string };

function EventRow({ event, first, open, onToggle, link }: RowProps) {
  const { t } = useTranslation('releases');
  const { title, detail, tone } = useEventText();
  const nested = event.event_type === 'resource.changed' || event.event_type === 'stage.changed';
  const more = detail(event);
  const after = first === undefined ? 0 : (Date.parse(event.occurred_at) - Date.parse(first.occurred_at)) / 1000;
  return (
    <div className={classes['event']} data-nested={nested} data-tone={tone(event)}>
      <UnstyledButton className={classes['what']} onClick={onToggle} aria-expanded={open}>
        <span className={classes['mark']} aria-hidden="true" />
        <span className={classes['text']}>
          {title(event)} {more === '' ? null : <span>{more}</span>}
        </span>
      </UnstyledButton>
      <span className={classes['who']}>
        <Actor actor={event.actor} />
        {event.on_behalf_of === null || event.on_behalf_of === undefined ? null : ` ${t('timeline.onBehalf', { name: event.on_behalf_of.name })}`}
      </span>
      <span className={classes['when']}>
        <Moment at={event.occurred_at} />
      </span>
      <CopyText value={link} label={t('timeline.link')} link />
      {open ? (
        <div className={classes['payload']}>
          <Text size="xs" c="dimmed">
            #{event.seq} · {t('timeline.took', { time: new Intl.NumberFormat(currentLocale(), { style: 'unit', unit: 'second', maximumFractionDigits: 1 }).format(after) })} · <code>{event.hash.slice(0, 16)}</code>
          </Text>
          <Code block tabIndex={0}>
            {JSON.stringify(event.data, null, 2)}
          </Code>
        </div>
      ) : null}
    </div>
  );
}
