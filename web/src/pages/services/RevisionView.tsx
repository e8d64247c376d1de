import { Anchor, Skeleton, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useSearch } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { catalogueQueries } from '../../api/modules/catalogue';
import type { Schemas } from '../../api/types';
import { DataRegion } from '../../components/DataRegion';
import { Moment } from '../../components/Moment';
import { Rows, type Column } from '../../components/Rows';

const TextDiff = lazy(() => import('../../components/TextDiff').then((m) => ({ default: m.TextDiff })));

type Revision = Schemas['ServiceRevision'];

/** Every revision with who made it; the chosen one beside the one before it. */
export default function RevisionView({ service }: { service: Schemas['Service'] }) {
  const { t } = useTranslation('services');
  const { revision } = useSearch({ from: '/shell/services/$id' });
  const list = useQuery(catalogueQueries.serviceRevisions(service.id));
  const number = /^\d+$/.test(revision ?? '') ? Number(revision) : service.revision;
  const columns: Column<Revision>[] = [
    { head: t('revision'), cell: (each) => <Anchor component={Link} to={`/services/${service.id}?tab=revisions&revision=${each.number}`} aria-current={each.number === number ? 'true' : undefined}>{t('revisionNumber', { number: each.number })}</Anchor> },
    { head: t('by'), cell: (each) => each.by.name },
    { head: t('at'), cell: (each) => <Moment at={each.at} /> },
    { head: t('files'), cell: (each) => each.manifest.files.map((file) => file.path).join(', ') },
  ];
  return (
    <DataRegion query={list} label={t('tab.revisions')}>
      {(found) => {
        const chosen = found.items.find((each) => each.number === number) ?? found.items[0];
        const before = found.items.find((each) => each.number === (chosen?.number ?? 0) - 1);
        return (
          <Stack>
            <Rows label={t('tab.revisions')} rows={found.items} columns={columns} keyOf={(each) => String(each.number)} />
            {chosen === undefined ? null : <Difference before={before} after={chosen} />}
          </Stack>
        );
      }}
    </DataRegion>
  );
}

function Difference({ before, after }: { before: Revision | undefined; after: Revision }) {
  const { t } = useTranslation('services');
  const text = (revision: Revision | undefined, path: string) => revision?.manifest.files.find((file) => file.path === path)?.content ?? '';
  const paths = [...new Set([...(before?.manifest.files ?? []), ...after.manifest.files].map((file) => file.path))].toSorted();
  const changed = paths.filter((path) => text(before, path) !== text(after, path));
  return (
    <Stack gap="sm">
      <Text component="h2" fw={600}>{before === undefined ? t('firstRevision', { number: after.number }) : t('since', { before: before.number, after: after.number })}</Text>
      {changed.length === 0 ? <Text size="sm" c="dimmed">{t('sameFiles')}</Text> : null}
      {changed.map((path) => (
        <Stack key={path} gap={4}>
          <Text><code>{path}</code></Text>
          <Suspense fallback={<Skeleton height={120} aria-busy="true" />}>
            <TextDiff before={text(before, path)} after={text(after, path)} label={t('changesOf', { path })} />
          </Suspense>
        </Stack>
      ))}
    </Stack>
  );
}
