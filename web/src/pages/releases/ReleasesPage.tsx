import { Button, Checkbox, Group, MultiSelect, Select, Stack, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { IconPlus, IconSearch } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { releasesQuery, type ReleaseFilters } from '../../api/modules/deployment';
import { body, client } from '../../api/client';
import { keys } from '../../api/keys';
import { CHANNELS, LIFECYCLE_STATES } from '../../api/words';
import type { Release } from '../../api/types';
import { DataRegion, Empty } from '../../components/DataRegion';
import { Page } from '../../components/Page';
import { useProject } from '../../components/useProject';
import { ReleaseRows } from './ReleaseRows';
import { releasesRoute } from './routes';

const SETTLED_MS = 250;

export function ReleasesPage() {
  const { t } = useTranslation(['releases', 'codes', 'shell']);
  const found = releasesRoute.useSearch();
  const project = useProject();
  const navigate = releasesRoute.useNavigate();
  const set = (part: Partial<typeof found>) => void navigate({ search: (prev) => ({ ...prev, ...part }), replace: true });
  const filters = useMemo<ReleaseFilters>(
    () => ({
      ...(project === undefined ? {} : { project: [project] }),
      ...(found.status === undefined ? {} : { lifecycle_state: found.status }),
      ...(found.environment === undefined ? {} : { environment: [found.environment] }),
      ...(found.service === undefined ? {} : { service: [found.service] }),
      ...(found.target === undefined ? {} : { target: [found.target] }),
      ...(found.channel === undefined ? {} : { channel: found.channel }),
      ...(found.mine === true ? { created_by: ['me'] } : {}),
      ...(found.current === true ? { is_current: true } : {}),
      ...(found.q === undefined ? {} : { q: found.q }),
      ...(found.since === undefined ? {} : { since: found.since }),
    }),
    [found, project],
  );
  const releases = useInfiniteQuery({ ...releasesQuery(filters), staleTime: Infinity });
  const filtered = Object.keys(filters).some((name) => name !== 'project');
  const clear = () => void navigate({ search: (project === undefined ? {} : { project }) as object });

  return (
    <Page
      title={t('releases:title')}
      actions={
        <Button component={Link} to="/releases/new" leftSection={<IconPlus size={16} aria-hidden />}>
          {t('releases:new')}
        </Button>
      }
    >
      <Filters found={found} set={set} />
      <DataRegion
        query={releases}
        label={t('releases:list.label')}
        isEmpty={(d) => d.pages.every((p) => p.items.length === 0)}
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
        {(data) => <Listed key={JSON.stringify(filters)} filters={filters} read={data.pages.flatMap((p) => p.items)} more={releases.hasNextPage} onMore={() => void releases.fetchNextPage()} pending={releases.isFetchingNextPage} />}
      </DataRegion>
    </Page>
  );
}

/** Rows stay where they are while new ones are made: those wait behind a button. */
function Listed({ filters, read, more, onMore, pending }: { filters: ReleaseFilters; read: Release[]; more: boolean; onMore: () => void; pending: boolean }) {
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
      <ReleaseRows releases={shown} more={more} pending={pending} onMore={onMore} filters={filters} />
    </Stack>
  );
}

type Found = ReturnType<typeof releasesRoute.useSearch>;

function Filters({ found, set }: { found: Found; set: (part: Partial<Found>) => void }) {
  const { t } = useTranslation(['releases', 'codes']);
  const project = useProject();
  const environments = useQuery({
    queryKey: keys.list('environment', { project }),
    queryFn: () => body(client.GET('/api/v1/environments', { params: { query: { limit: 100, ...(project === undefined ? {} : { project: [project] }) } } })),
  });
  const [typed, setTyped] = useState(found.q ?? '');
  const search = useDebouncedCallback((q: string) => set({ q: q.trim() === '' ? undefined : q.trim() }), SETTLED_MS);
  return (
    <Group gap="xs" align="flex-end">
      <TextInput
        data-filter=""
        flex="1 1 240px"
        leftSection={<IconSearch size={16} aria-hidden />}
        aria-label={t('releases:list.filterLabel')}
        placeholder={t('releases:list.filter')}
        value={typed}
        onChange={(e) => {
          setTyped(e.currentTarget.value);
          search(e.currentTarget.value);
        }}
      />
      <MultiSelect
        flex="0 1 220px"
        aria-label={t('releases:list.states')}
        placeholder={found.status === undefined ? t('releases:list.states') : ''}
        data={LIFECYCLE_STATES.map((value) => ({ value, label: t(`codes:lifecycle.${value}`) }))}
        value={found.status ?? []}
        onChange={(value) => set({ status: value.length === 0 ? undefined : (value as unknown as Found['status']) })}
        clearable
      />
      <Select
        flex="0 1 170px"
        aria-label={t('releases:list.environment')}
        placeholder={t('releases:list.environment')}
        data={(environments.data?.items ?? []).map((e) => ({ value: e.id, label: e.name }))}
        value={found.environment ?? null}
        onChange={(value) => set({ environment: value ?? undefined })}
        clearable
      />
      <MultiSelect
        flex="0 1 170px"
        aria-label={t('releases:list.channel')}
        placeholder={found.channel === undefined ? t('releases:list.channel') : ''}
        data={CHANNELS.map((value) => ({ value, label: t(`codes:channel.${value}`) }))}
        value={found.channel ?? []}
        onChange={(value) => set({ channel: value.length === 0 ? undefined : (value as unknown as Found['channel']) })}
        clearable
      />
      <Checkbox label={t('releases:list.mine')} checked={found.mine === true} onChange={(e) => set({ mine: e.currentTarget.checked || undefined })} py={8} />
      <Checkbox label={t('releases:list.current')} checked={found.current === true} onChange={(e) => set({ current: e.currentTarget.checked || undefined })} py={8} />
    </Group>
  );
}
