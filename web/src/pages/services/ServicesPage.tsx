import { Anchor, Badge, Button, Group, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
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
import { RUNTIMES } from './routes';
import { Choice } from '../../ui/Choice';

type Service = Schemas['Service'];

export function ServicesPage() {
  const { t } = useTranslation(['services', 'shell', 'codes']);
  const filters = useSearch({ from: '/shell/services' });
  const navigate = useNavigate({ from: '/services' });
  const project = useProject();
  const list = useInfiniteQuery(catalogueQueries.services({ ...filters, ...(project === undefined ? {} : { project }) }));
  const narrow = (next: Partial<typeof filters>) => void navigate({ search: (prev) => ({ ...prev, ...next }), replace: true });
  const columns: Column<Service>[] = [
    {
      head: t('name'),
      cell: (service) => (
        <Anchor component={Link} to={`/services/${service.id}`} fw={600}>
          {service.name}
        </Anchor>
      ),
    },
    { head: t('key'), cell: (service) => <code>{service.key}</code> },
    { head: t('runtime'), cell: (service) => <Badge variant="light" color="gray">{t(`codes:runtime.${service.runtime_type}`)}</Badge> },
    { head: t('project'), cell: (service) => service.project.name },
    { head: t('revision'), cell: (service) => t('revisionNumber', { number: service.revision }) },
    { head: t('created'), cell: (service) => <Moment at={service.created_at} /> },
  ];
  const create = list.data?.pages[0]?.actions.find((action) => action.name === 'create');
  const filtered = filters.q !== undefined || filters.runtime_type !== undefined;
  return (
    <Page title={t('title')} actions={<ActionButton action={create} onClick={() => void navigate({ to: '/services/new' })}>{t('new')}</ActionButton>}>
      <Group gap="sm" role="search" aria-label={t('filters')}>
        <TextInput data-filter aria-label={t('search')} placeholder={t('search')} leftSection={<IconSearch size={16} aria-hidden />} value={filters.q ?? ''} onChange={(event) => narrow({ q: event.currentTarget.value === '' ? undefined : event.currentTarget.value })} />
        <Choice aria-label={t('runtime')} placeholder={t('anyRuntime')} clearable value={filters.runtime_type ?? null} data={RUNTIMES.map((value) => ({ value, label: t(`codes:runtime.${value}`) }))} onChange={(value) => narrow({ runtime_type: (value ?? undefined) as (typeof filters)['runtime_type'] })} />
      </Group>
      <DataRegion
        query={list}
        label={t('title')}
        isEmpty={(data) => data.pages.every((page) => page.items.length === 0)}
        empty={
          filtered ? (
            <Empty title={t('shell:region.noMatch')} action={<Button variant="default" onClick={() => void navigate({ search: (prev) => ({ ...prev, q: undefined, runtime_type: undefined }) })}>{t('shell:region.clear')}</Button>} />
          ) : (
            <Empty title={t('none')} hint={t('noneHint')} action={<ActionButton action={create} onClick={() => void navigate({ to: '/services/new' })}>{t('new')}</ActionButton>} />
          )
        }
      >
        {(data) => <Rows label={t('title')} rows={data.pages.flatMap((page) => page.items)} columns={columns} keyOf={(service) => service.id} />}
      </DataRegion>
      {list.hasNextPage ? (
        <Button variant="default" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          {t('shell:action.loadMore')}
        </Button>
      ) : null}
    </Page>
  );
}
