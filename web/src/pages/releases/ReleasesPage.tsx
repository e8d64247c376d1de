import { Button, Stack } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useCallback, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { releasesQuery, type ReleaseFilters } from '../../api/modules/deployment';
import type { Release } from '../../api/types';
import { DataRegion, Empty } from '../../components/DataRegion';
import { Page } from '../../components/Page';
import { useProject } from '../../components/useProject';
import { Filters, WITHIN_MS } from './Filters';
import { ReleaseRows } from './ReleaseRows';
import { releasesRoute } from './routes';

/** An instant of the address, `undefined` where it is none. */
const instant = (text: string | undefined) => (text === undefined || Number.isNaN(Date.parse(text)) ? undefined : new Date(text).toISOString());

export function ReleasesPage() {
  const { t } = useTranslation(['releases', 'codes', 'shell']);
  const found = releasesRoute.useSearch();
  const project = useProject();
  const navigate = releasesRoute.useNavigate();
  const set = useCallback((part: Partial<typeof found>) => void navigate({ search: (prev) => ({ ...prev, ...part }), replace: true }), [navigate]);
  const [opened] = useState(() => Date.now());
  const since = found.within === undefined ? instant(found.since) : new Date(opened - WITHIN_MS[found.within]).toISOString();
  const filters = useMemo<ReleaseFilters>(
    () => ({
      ...(project === undefined ? {} : { project: [project] }),
      ...(found.status === undefined ? {} : { lifecycle_state: found.status }),
      ...(found.environment === undefined ? {} : { environment: found.environment }),
      ...(found.service === undefined ? {} : { service: found.service }),
      ...(found.target === undefined ? {} : { target: found.target }),
      ...(found.channel === undefined ? {} : { channel: found.channel }),
      ...(found.mine === true ? { created_by: ['me'] } : {}),
      ...(found.current === true ? { is_current: true } : {}),
      ...(found.q === undefined ? {} : { q: found.q }),
      ...(since === undefined ? {} : { since }),
      ...(instant(found.until) === undefined ? {} : { until: instant(found.until) }),
    }),
    [found, project, since],
  );
  const releases = useInfiniteQuery({ ...releasesQuery(filters), staleTime: Infinity });
  const filtered = Object.keys(filters).some((name) => name !== 'project');
  const clear = useCallback(() => void navigate({ search: (project === undefined ? {} : { project }) as object }), [navigate, project]);
  const read = useMemo(() => releases.data?.pages.flatMap((page) => page.items) ?? [], [releases.data]);

  return (
    <Page
      title={t('releases:title')}
      actions={
        <Button component={Link} to="/releases/new" leftSection={<IconPlus size={16} aria-hidden />}>
          {t('releases:new')}
        </Button>
      }
    >
      <Filters found={found} set={set} filtered={filtered} onClear={clear} />
      <DataRegion
        query={releases}
        label={t('releases:list.label')}
        isEmpty={() => read.length === 0}
        empty={
          filtered ? (
            <Empty
              title={t('shell:region.noMatch')}
              action={
                <Button variant="default" onClick={clear}>
                  {t('shell:region.clear')}
                </Button>
              }
            />
          ) : (
            <Empty
              title={t('releases:list.none')}
              hint={t('releases:list.noneHint')}
              action={
                <Button component={Link} to="/releases/new">
                  {t('releases:new')}
                </Button>
              }
            />
          )
        }
      >
        {() => <Listed key={JSON.stringify(filters)} read={read} more={releases.hasNextPage} onMore={() => void releases.fetchNextPage()} pending={releases.isFetchingNextPage} />}
      </DataRegion>
    </Page>
  );
}

/** Rows stay where they are while new ones are made: those wait behind a button. */
function Listed({ read, more, onMore, pending }: { read: Release[]; more: boolean; onMore: () => void; pending: boolean }) {
  const { t } = useTranslation('shell');
  const [floor, setFloor] = useState(read[0]?.id);
  const shown = floor === undefined ? read : read.slice(Math.max(0, read.findIndex((r) => r.id === floor)));
  const waiting = read.length - shown.length;
  return (
    <Stack gap="sm">
      <div role="status">
        {waiting > 0 ? (
          <Button size="xs" variant="light" onClick={() => setFloor(read[0]?.id)}>
            {t('action.showNew', { count: waiting })}
          </Button>
        ) : null}
      </div>
      <ReleaseRows releases={shown} more={more} pending={pending} onMore={onMore} />
    </Stack>
  );
}
