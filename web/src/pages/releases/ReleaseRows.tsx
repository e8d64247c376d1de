import { Badge, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Release } from '../../api/types';
import { Moment } from '../../components/Moment';
import { Actor } from '../../components/release/Actor';
import { PlanCounts } from '../../components/release/PlanCounts';
import { StageBar } from '../../components/release/StageBar';
import { StateBadge } from '../../components/release/StateBadge';
import { useShortcuts } from '../../ui/useShortcuts';
import classes from './ReleaseRows.module.css';

/** px; a card on a phone is measured. */
const ROW = 57;
/** The next page is asked for when so many rows are left. */
const AHEAD = 15;

type Props = { releases: Release[]; more: boolean; pending: boolean; onMore: () => void };

/** Releases newest first; as many as there are, of which only those in sight exist. */
export function ReleaseRows({ releases, more, pending, onMore }: Props & { filters?: object }) {
  const { t } = useTranslation('releases');
  const list = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  useLayoutEffect(() => setTop((list.current?.getBoundingClientRect().top ?? 0) + window.scrollY), []);
  const virtual = useWindowVirtualizer({ count: releases.length, estimateSize: () => ROW, overscan: 10, scrollMargin: top, getItemKey: (i) => releases[i]?.id ?? i });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (more && !pending && last >= releases.length - AHEAD) onMore();
  }, [more, pending, last, releases.length, onMore]);
  const shortcuts = useMemo(() => {
    const move = (by: number) => () => {
      const links = [...(list.current?.querySelectorAll<HTMLElement>('a[data-row]') ?? [])];
      const at = links.findIndex((l) => l === document.activeElement);
      links[at === -1 ? 0 : Math.min(Math.max(at + by, 0), links.length - 1)]?.focus();
    };
    return { j: move(1), k: move(-1) };
  }, []);
  useShortcuts(shortcuts);
  return (
    <div role="table" aria-label={t('list.label')} aria-rowcount={more ? -1 : releases.length + 1} className={classes['table']}>
      <div role="rowgroup" className={classes['heads']}>
        <div role="row" className={classes['row']}>
          {(['release', 'where', 'state', 'plan', 'by', 'age'] as const).map((head) => (
            <span key={head} role="columnheader">
              {t(`list.${head}`)}
            </span>
          ))}
        </div>
      </div>
      <div role="rowgroup" ref={list} style={{ height: virtual.getTotalSize(), position: 'relative' }}>
        {items.map((item) => {
          const release = releases[item.index];
          if (release === undefined) return null;
          return (
            <div key={item.key} role="row" aria-rowindex={item.index + 2} ref={virtual.measureElement} data-index={item.index} className={`${classes['row']} ${classes['body']}`} style={{ transform: `translateY(${item.start - virtual.options.scrollMargin}px)` }}>
              <span role="cell" className={classes['what']}>
                <Link to="/releases/$id" params={{ id: release.id }} data-row="" className={classes['link']}>
                  <span className={classes['number']}>#{release.number}</span> {release.service.name} <code>{release.app_version}</code>
                </Link>
              </span>
              <span role="cell">
                <Text span size="sm">
                  {release.target.name}
                </Text>{' '}
                <Badge size="sm" color={release.environment.kind === 'production' ? 'grape' : 'gray'}>
                  {release.environment.name}
                </Badge>
              </span>
              <span role="cell">
                <StateBadge state={release.lifecycle_state} />{' '}
                {release.is_current ? (
                  <Badge size="sm" color="green" variant="outline">
                    {t('list.current_mark')}
                  </Badge>
                ) : null}
                <StageBar release={release} />
              </span>
              <span role="cell">{release.plan_summary === null ? <Text span c="dimmed">–</Text> : <PlanCounts summary={release.plan_summary} />}</span>
              <span role="cell" className={classes['by']}>
                <Actor actor={release.created_by} />
              </span>
              <span role="cell" className={classes['age']}>
                <Moment at={release.created_at} />
              </span>
            </div>
          );
        })}
      </div>
    </div>
  );
}
