import { Button, Group, Text, TextInput, Title } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { matrixQuery } from '../../api/modules/overview';
import type { Schemas } from '../../api/types';
import { DataRegion, Empty } from '../../components/DataRegion';
import { Moment } from '../../components/Moment';
import { useProject } from '../../components/useProject';
import classes from './OverviewPage.module.css';

const SETTLED_MS = 250;

/** Services by environment: the version that runs, since when. What is not known says so, and is never green. */
export function Matrix() {
  const { t } = useTranslation(['overview', 'shell']);
  const project = useProject();
  const [typed, setTyped] = useState('');
  const [q] = useDebouncedValue(typed.trim(), SETTLED_MS);
  const matrix = useInfiniteQuery({ ...matrixQuery(project, q), placeholderData: (before) => before });
  return (
    <section aria-labelledby="matrix">
      <Group justify="space-between" mb="sm">
        <Title order={2} id="matrix">
          {t('overview:matrix.title')}
        </Title>
        <TextInput data-filter="" size="xs" w={220} aria-label={t('overview:matrix.filter')} placeholder={t('overview:matrix.filter')} leftSection={<IconSearch size={14} aria-hidden />} value={typed} onChange={(e) => setTyped(e.currentTarget.value)} />
      </Group>
      <DataRegion query={matrix} label={t('overview:matrix.label')} isEmpty={(d) => d.pages.every((p) => p.items.length === 0)} empty={<Empty title={t(q === '' ? 'overview:matrix.nothing' : 'shell:region.noMatch')} />}>
        {(data) => {
          const environments = data.pages[0]?.environments ?? [];
          return (
            <div className={classes['scroll']}>
              <table className={classes['matrix']}>
                <caption className="visually-hidden">{t('overview:matrix.label')}</caption>
                <thead>
                  <tr>
                    <th scope="col">{t('overview:matrix.service')}</th>
                    {environments.map((e) => (
                      <th key={e.id} scope="col">
                        {e.name}
                      </th>
                    ))}
                  </tr>
                </thead>
                <tbody>
                  {data.pages
                    .flatMap((p) => p.items)
                    .map((row) => (
                      <tr key={row.service.id}>
                        <th scope="row">
                          <Link to="/services/$id" params={{ id: row.service.id }} className="text-link">
                            {row.service.name}
                          </Link>
                        </th>
                        {environments.map((e) => (
                          <td key={e.id} data-label={e.name}>
                            <Cell cell={row.cells.find((c) => c.environment_id === e.id)} />
                          </td>
                        ))}
                      </tr>
                    ))}
                </tbody>
              </table>
            </div>
          );
        }}
      </DataRegion>
      {matrix.hasNextPage ? (
        <Button mt="sm" variant="default" loading={matrix.isFetchingNextPage} onClick={() => void matrix.fetchNextPage()}>
          {t('shell:action.loadMore')}
        </Button>
      ) : null}
    </section>
  );
}

function Cell({ cell }: { cell: Schemas['MatrixCell'] | undefined }) {
  const { t } = useTranslation(['overview', 'codes']);
  if (cell === undefined) {
    return (
      <Text span size="sm" c="dimmed">
        –
      </Text>
    );
  }
  const versions = [...new Set(cell.current.map((c) => c.app_version))];
  const newest = cell.current[0];
  const differs = cell.last.release.id !== newest?.release.id;
  return (
    <span className={classes['cell']}>
      {newest === undefined ? (
        <Text span size="sm" c="dimmed">
          {t('overview:matrix.nothing')}
        </Text>
      ) : (
        <>
          <Link to="/releases/$id" params={{ id: newest.release.id }} className="text-link">
            {versions.length === 1 ? <code>{versions[0]}</code> : t('overview:matrix.versions', { count: versions.length })}
          </Link>
          <Text span size="xs" c="dimmed">
            <Moment at={newest.applied_at} none={t('overview:matrix.noData')} />
          </Text>
          {cell.current.filter((c) => c.health.status !== 'healthy' || c.drift.status === 'drifted').map((c) => (
            <Text span key={c.target.id} size="xs" c={c.health.status === 'degraded' || c.health.status === 'missing' ? 'var(--mantine-color-error)' : 'dimmed'}>
              {[...(c.health.status === 'healthy' ? [] : [t(`codes:health.${c.health.status}`)]), ...(c.drift.status === 'drifted' ? [t('codes:drift.drifted')] : [])].join(', ')}
            </Text>
          ))}
        </>
      )}
      {differs ? (
        <Link to="/releases/$id" params={{ id: cell.last.release.id }} className="text-link">
          <Text span size="xs">
            {t('overview:matrix.last', { state: t(`codes:lifecycle.${cell.last.lifecycle_state}`) })}
          </Text>
        </Link>
      ) : null}
    </span>
  );
}
