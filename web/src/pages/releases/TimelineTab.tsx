import { Alert, Button, Code, Group, SegmentedControl, Switch, Text, UnstyledButton } from '@mantine/core';
import { useInfiniteQuery, useQueryClient, type InfiniteData } from '@tanstack/react-query';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { keys } from '../../api/keys';
import { useEvents, useLive } from '../../api/live';
import { deployment } from '../../api/modules/deployment';
import type { Release, Schemas, TimelineEvent } from '../../api/types';
import { CopyText } from '../../components/CopyText';
import { DataRegion, Empty } from '../../components/DataRegion';
import { Moment } from '../../components/Moment';
import { Actor } from '../../components/release/Actor';
import { useEventText } from '../../components/release/useEventText';
import { currentLocale } from '../../i18n';
import { EVENT_FILTERS, releaseRoute } from './routes';
import classes from './TimelineTab.module.css';

type Filter = (typeof EVENT_FILTERS)[number];
type Pages = InfiniteData<Schemas['EventList'], string | undefined>;

const ROW = 40;
/** What is announced while events pour in, at most once in this time. */
const ANNOUNCE_MS = 5_000;

const KEPT: Record<Filter, (type: string) => boolean> = {
  all: () => true,
  steps: (type) => type !== 'resource.changed' && type !== 'stage.changed',
  decisions: (type) => /^(approval|gate|break_glass)\./.test(type),
  objects: (type) => type === 'resource.changed' || type === 'stage.changed' || type === 'diagnostics.recorded',
};

/** Everything that happened, in order, growing while it happens. */
export function TimelineTab({ release }: { release: Release }) {
  const { t } = useTranslation('releases');
  const queries = useQueryClient();
  const key = useMemo(() => keys.part(release.id, 'timeline'), [release.id]);
  const timeline = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam }) => deployment.timeline(release.id, pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  });
  const { hasNextPage, fetchNextPage, isFetchingNextPage } = timeline;
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);

  const [started] = useState(useLive().resets);
  const { resets } = useLive();
  const heard = useCallback(
    (event: TimelineEvent) => {
      if (event.release?.id !== release.id) return;
      queries.setQueryData<Pages>(key, (now) => appended(now, event));
    },
    [queries, key, release.id],
  );
  useEvents(heard);

  const { events: filter = 'all', event: linked } = releaseRoute.useSearch();
  const navigate = releaseRoute.useNavigate();
  const all = useMemo(() => timeline.data?.pages.flatMap((page) => page.items) ?? [], [timeline.data]);
  const rows = useMemo(() => all.filter((e) => KEPT[filter](e.event_type)), [all, filter]);
  return (
    <DataRegion query={timeline} label={t('timeline.region')}>
      {() => (
        <>
          {resets > started ? <Alert color="orange">{t('timeline.gap')}</Alert> : null}
          <SegmentedControl
            size="xs"
            className={classes['filter']}
            aria-label={t('timeline.filter')}
            value={filter}
            onChange={(value) => void navigate({ search: (prev) => ({ ...prev, events: value === 'all' ? undefined : (value as Filter) }), replace: true })}
            data={EVENT_FILTERS.map((value) => ({ value, label: t(`timeline.${value}`) }))}
          />
          {rows.length === 0 ? <Empty title={t('timeline.none')} /> : <EventList release={release} rows={rows} linked={linked} />}
        </>
      )}
    </DataRegion>
  );
}

/** The page with one more event; one that is there already is left out. */
function appended(now: Pages | undefined, event: TimelineEvent): Pages | undefined {
  const last = now?.pages.at(-1);
  if (now === undefined || last === undefined || last.items.some((e) => e.seq === event.seq)) return now;
  return { ...now, pages: [...now.pages.slice(0, -1), { ...last, items: [...last.items, event] }] };
}

function EventList({ release, rows, linked }: { release: Release; rows: TimelineEvent[]; linked: string | undefined }) {
  const { t } = useTranslation('releases');
  const list = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const running = release.lifecycle_state === 'applying' || release.lifecycle_state === 'rollback';
  const [follow, setFollow] = useState(running && linked === undefined);
  const [open, setOpen] = useState<ReadonlySet<number>>(() => new Set(linked === undefined ? [] : [Number(linked)]));
  useLayoutEffect(() => setTop((list.current?.getBoundingClientRect().top ?? 0) + window.scrollY), []);
  const virtual = useWindowVirtualizer({ count: rows.length, estimateSize: () => ROW, overscan: 12, scrollMargin: top, getItemKey: (i) => rows[i]?.seq ?? i });
  const at = linked === undefined ? -1 : rows.findIndex((e) => String(e.seq) === linked);
  useEffect(() => {
    if (at >= 0) virtual.scrollToIndex(at, { align: 'center' });
    // Once: afterwards the reader scrolls.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [at >= 0]);
  useEffect(() => {
    if (follow && rows.length > 0) virtual.scrollToIndex(rows.length - 1, { align: 'end' });
  }, [follow, rows.length, virtual]);
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
        <Button size="xs" variant="subtle" onClick={() => virtual.scrollToIndex(rows.length - 1, { align: 'end' })}>
          {t('timeline.jump')}
        </Button>
      </Group>
      <Announcement events={rows} />
      <div ref={list} role="list" aria-label={t('timeline.region')} className={classes['list']} style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((item) => {
          const event = rows[item.index];
          if (event === undefined) return null;
          return (
            <div key={item.key} role="listitem" ref={virtual.measureElement} data-index={item.index} className={classes['row']} data-linked={String(event.seq) === linked} style={{ transform: `translateY(${item.start - virtual.options.scrollMargin}px)` }}>
              <EventRow event={event} first={rows[0]} open={open.has(event.seq)} onToggle={() => toggle(event.seq)} link={`${location.origin}/releases/${release.id}?tab=timeline&event=${event.seq}`} />
            </div>
          );
        })}
      </div>
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
          <Text span size="sm" fw={nested ? 400 : 600}>
            {title(event)}
          </Text>
          {more === '' ? null : (
            <Text span size="sm" c="dimmed">
              {' '}
              {more}
            </Text>
          )}
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
