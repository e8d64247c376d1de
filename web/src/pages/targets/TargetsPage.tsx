import { Anchor, Badge, Button, Group, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { catalogueQueries } from '../../api/modules/catalogue';
import type { Schemas } from '../../api/types';
import { ActionButton } from '../../components/ActionButton';
import { DataRegion, Empty } from '../../components/DataRegion';
import { Moment } from '../../components/Moment';
import { Page } from '../../components/Page';
import { useProject } from '../../components/useProject';
import { Rows, type Column } from '../../components/Rows';
import { Reachability } from './Reachability';
import { Choice } from '../../ui/Choice';

type Target = Schemas['Target'];

export function TargetsPage() {
  const { t } = useTranslation(['targets', 'shell', 'codes']);
  const filters = useSearch({ from: '/shell/targets' });
  const navigate = useNavigate({ from: '/targets' });
  const project = useProject();
  const list = useInfiniteQuery(catalogueQueries.targets({ ...filters, ...(project === undefined ? {} : { project }) }));
  const environments = useQuery(catalogueQueries.environments(project));
  const narrow = (next: Partial<typeof filters>) => void navigate({ search: (prev) => ({ ...prev, ...next }), replace: true });
  const columns: Column<Target>[] = [
    { head: t('name'), cell: (target) => <Anchor component={Link} to={`/targets/${target.id}`} fw={600}>{target.name}</Anchor> },
    { head: t('environment'), cell: (target) => target.environment.name },
    { head: t('runtime'), cell: (target) => t(`codes:runtime.${target.runtime_type}`) },
    { head: t('place'), cell: (target) => <code>{target.compose_project ?? target.namespace ?? '–'}</code> },
    { head: t('connectivity'), cell: (target) => <Reachability value={target.status.reachability} /> },
    { head: t('checked'), cell: (target) => <Moment at={target.status.checked_at} /> },
    { head: t('holds'), cell: (target) => (target.holds.length === 0 ? '–' : <Badge color="orange" variant="light">{t('held', { count: target.holds.length })}</Badge>) },
  ];
  const create = list.data?.pages[0]?.actions.find((action) => action.name === 'create');
  const filtered = filters.q !== undefined || filters.environment !== undefined;
  const add = <ActionButton action={create} onClick={() => void navigate({ to: '/targets/new' })}>{t('new')}</ActionButton>;
  return (
    <Page title={t('title')} actions={add}>
      <Group gap="sm" role="search" aria-label={t('filters')}>
        <TextInput data-filter aria-label={t('search')} placeholder={t('search')} leftSection={<IconSearch size={16} aria-hidden />} value={filters.q ?? ''} onChange={(event) => narrow({ q: event.currentTarget.value === '' ? undefined : event.currentTarget.value })} />
        <Choice aria-label={t('environment')} placeholder={t('anyEnvironment')} clearable value={filters.environment ?? null} data={(environments.data?.items ?? []).map((each) => ({ value: each.id, label: each.name }))} onChange={(value) => narrow({ environment: value ?? undefined })} />
      </Group>
      <DataRegion
        query={list}
        label={t('title')}
        isEmpty={(data) => data.pages.every((page) => page.items.length === 0)}
        empty={
          filtered ? (
            <Empty title={t('shell:region.noMatch')} action={<Button variant="default" onClick={() => void navigate({ search: (prev) => ({ ...prev, q: undefined, environment: undefined }) })}>{t('shell:region.clear')}</Button>} />
          ) : (
            <Empty title={t('none')} hint={t('noneHint')} action={add} />
          )
        }
      >
        {(data) => <Rows label={t('title')} rows={data.pages.flatMap((page) => page.items)} columns={columns} keyOf={(target) => target.id} />}
      </DataRegion>
      {list.hasNextPage ? <Button variant="default" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>{t('shell:action.loadMore')}</Button> : null}
    </Page>
  );
}
