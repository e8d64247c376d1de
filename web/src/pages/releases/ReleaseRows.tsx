import { Link } from '@tanstack/react-router';
import { memo, useCallback, useMemo, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { Release } from '../../api/types';
import { Moment } from '../../components/Moment';
import { Actor } from '../../components/release/Actor';
import { PlanCounts } from '../../components/release/PlanCounts';
import { StageBar } from '../../components/release/StageBar';
import { StateBadge } from '../../components/release/StateBadge';
import { LongRows } from '../../ui/LongRows';
import { Tag } from '../../ui/Tag';
import { useShortcuts } from '../../ui/useShortcuts';
import classes from './ReleaseRows.module.css';

/** px; a card on a phone is measured. */
const ROW = 57;

type Props = { releases: Release[]; more: boolean; pending: boolean; onMore: () => void };

/** Releases newest first; as many as there are, of which only those in sight exist. */
export function ReleaseRows({ releases, more, pending, onMore }: Props) {
  const { t } = useTranslation('releases');
  const list = useRef<HTMLDivElement>(null);
  const shortcuts = useMemo(() => {
    const move = (by: number) => () => {
      const links = [...(list.current?.querySelectorAll<HTMLElement>('a[data-row]') ?? [])];
      const at = links.findIndex((l) => l === document.activeElement);
      links[at === -1 ? 0 : Math.min(Math.max(at + by, 0), links.length - 1)]?.focus();
    };
    return { j: move(1), k: move(-1) };
  }, []);
  useShortcuts(shortcuts);
  // The same one while the rows are: places of rows are reckoned anew with another.
  const keyOf = useCallback((index: number) => releases[index]?.id ?? index, [releases]);
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
      <LongRows
        count={releases.length}
        estimate={ROW}
        keyOf={keyOf}
        list={{ ref: list, role: 'rowgroup' }}
        item={(index) => ({ role: 'row', 'aria-rowindex': index + 2, className: `${classes['row']} ${classes['body']}` })}
        row={(index) => {
          const release = releases[index];
          return release === undefined ? null : <Cells release={release} />;
        }}
        onEnd={more && !pending ? onMore : undefined}
      />
    </div>
  );
}

/** Made once for what it shows: rows come and go while one scrolls. */
const Cells = memo(function Cells({ release }: { release: Release }) {
  return (
    <>
      <span role="cell" className={classes['what']}>
        <Link to="/releases/$id" params={{ id: release.id }} data-row="" className={classes['link']}>
          <span className={classes['number']}>#{release.number}</span> {release.service.name} <code>{release.app_version}</code>
        </Link>
      </span>
      <span role="cell" className={classes['where']}>
        {release.target.name}{' '}
        <Tag size="sm" color={release.environment.kind === 'production' ? 'grape' : 'gray'}>
          {release.environment.name}
        </Tag>
      </span>
      <span role="cell">
        <StateBadge state={release.lifecycle_state} />{' '}
        {release.is_current ? <Current /> : null}
        <StageBar release={release} />
      </span>
      <span role="cell">{release.plan_summary === null ? <span className={classes['none']}>–</span> : <PlanCounts summary={release.plan_summary} />}</span>
      <span role="cell" className={classes['by']}>
        <Actor actor={release.created_by} />
      </span>
      <span role="cell" className={classes['age']}>
        <Moment at={release.created_at} />
      </span>
    </>
  );
});

function Current() {
  const { t } = useTranslation('releases');
  return (
    <Tag size="sm" color="green" outline>
      {t('list.current_mark')}
    </Tag>
  );
}
