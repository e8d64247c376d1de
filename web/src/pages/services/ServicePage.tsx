import { Alert, Anchor, Badge, Button, Group, Skeleton, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { catalogue, catalogueQueries } from '../../api/modules/catalogue';
import { deployment } from '../../api/modules/deployment';
import { keys } from '../../api/keys';
import { isApiError } from '../../api/problem';
import type { Release, Schemas } from '../../api/types';
import { useCommand } from '../../api/useCommand';
import { ActionButton } from '../../components/ActionButton';
import { ActionMenu } from '../../components/ActionMenu';
import { Confirm } from '../../components/Confirm';
import { DataRegion, Empty } from '../../components/DataRegion';
import { fieldErrors } from '../../components/fieldErrors';
import { Moment } from '../../components/Moment';
import { Page } from '../../components/Page';
import { ProblemNotice } from '../../components/ProblemNotice';
import { Rows, type Column } from '../../components/Rows';
import { Tabs } from '../../ui/Tabs';
import { ManifestForm, type Draft } from './ManifestForm';
import { SERVICE_TABS } from './routes';

const RevisionView = lazy(() => import('./RevisionView'));
const YamlEditor = lazy(() => import('../../components/YamlEditor'));

type Service = Schemas['Service'];

export function ServicePage() {
  const { t } = useTranslation(['services', 'shell', 'codes']);
  const { id } = useParams({ from: '/shell/services/$id' });
  const { tab = 'environments' } = useSearch({ from: '/shell/services/$id' });
  const navigate = useNavigate({ from: '/services/$id' });
  const service = useQuery(catalogueQueries.service(id));
  const [leaving, setLeaving] = useState(false);
  const remove = useCommand((of: string) => catalogue.deleteService(of, service.data?.version ?? 0), { success: () => void navigate({ to: '/services' }) });
  const action = (name: string) => service.data?.actions.find((each) => each.name === name);
  return (
    <Page
      title={service.data?.name ?? t('service')}
      actions={
        service.data === undefined ? undefined : (
          <>
            <ActionButton action={action('release')} onClick={() => void navigate({ href: `/releases/new?service=${id}` })}>{t('release')}</ActionButton>
            <ActionMenu of={service.data.name} entries={[{ label: t('delete'), action: action('delete'), destructive: true, onClick: () => setLeaving(true) }]} />
          </>
        )
      }
    >
      <DataRegion query={service} label={t('service')}>
        {(found) => (
          <Stack>
            <Group gap="sm">
              <code>{found.key}</code>
              <Badge variant="light" color="gray">{t(`codes:runtime.${found.runtime_type}`)}</Badge>
              <Text size="sm" c="dimmed">{found.project.name} · {t('revisionNumber', { number: found.revision })}</Text>
            </Group>
            <Tabs label={found.name} value={tab} tabs={SERVICE_TABS.map((value) => ({ value, label: t(`tab.${value}`) }))} onChange={(next) => void navigate({ search: (prev) => ({ ...prev, tab: next, revision: undefined }) })}>
              {tab === 'environments' ? <Places service={found} /> : tab === 'files' ? <Files key={found.version} service={found} /> : <Suspense fallback={<div aria-busy="true" />}><RevisionView service={found} /></Suspense>}
            </Tabs>
          </Stack>
        )}
      </DataRegion>
      {leaving && service.data !== undefined ? (
        <Confirm title={t('deleteTitle', { name: service.data.name })} confirm={t('delete')} pending={remove.isPending} error={remove.error} onConfirm={() => remove.mutate(id)} onClose={() => setLeaving(false)}>
          {t('deleteHint')}
        </Confirm>
      ) : null}
    </Page>
  );
}

/** What runs where now, and the releases that led there. */
function Places({ service }: { service: Service }) {
  const { t } = useTranslation(['services', 'codes']);
  const current = useQuery({ queryKey: keys.list('release', { service: service.id, is_current: true }), queryFn: () => deployment.list({ service: [service.id], is_current: true }, undefined, 200) });
  const last = useQuery({ queryKey: keys.list('release', { service: service.id, last: true }), queryFn: () => deployment.list({ service: [service.id] }, undefined, 10) });
  const link = (release: Release) => <Anchor component={Link} to={`/releases/${release.id}`}>#{release.number} {release.app_version}</Anchor>;
  const columns: Column<Release>[] = [
    { head: t('release'), cell: link },
    { head: t('environment'), cell: (release) => release.environment.name },
    { head: t('target'), cell: (release) => <Anchor component={Link} to={`/targets/${release.target.id}`}>{release.target.name}</Anchor> },
    { head: t('state'), cell: (release) => t(`codes:lifecycle.${release.lifecycle_state}`) },
    { head: t('by'), cell: (release) => release.created_by.name },
    { head: t('at'), cell: (release) => <Moment at={release.applied_at ?? release.created_at} /> },
  ];
  return (
    <Stack>
      <Text component="h2" fw={600}>{t('current')}</Text>
      <DataRegion query={current} label={t('current')} isEmpty={(list) => list.items.length === 0} empty={<Empty title={t('nowhere')} hint={t('nowhereHint')} />}>
        {(list) => <Rows label={t('current')} rows={list.items} columns={columns} keyOf={(release) => release.id} />}
      </DataRegion>
      <Text component="h2" fw={600}>{t('last')}</Text>
      <DataRegion query={last} label={t('last')} isEmpty={(list) => list.items.length === 0} empty={<Empty title={t('noReleases')} />}>
        {(list) => <Rows label={t('last')} rows={list.items} columns={columns} keyOf={(release) => release.id} />}
      </DataRegion>
    </Stack>
  );
}

/** The newest revision: read by everybody who may, written by those who may. */
function Files({ service }: { service: Service }) {
  const { t } = useTranslation(['services', 'shell']);
  const files = service.manifest?.files ?? [];
  const [editing, setEditing] = useState(false);
  const start: Draft = { files, variables: service.variables ?? [], version_variable: service.version_variable ?? null };
  const [draft, setDraft] = useState<Draft>(start);
  // Sent with the version that was read: somebody else's change is refused, and what was typed stays.
  const save = useCommand((next: Draft) => catalogue.editService(service.id, service.version, { manifest: { ...service.manifest, files: next.files }, variables: next.variables, version_variable: next.version_variable }), { success: () => setEditing(false) });
  const edit = service.actions.find((each) => each.name === 'edit');
  if (!editing) {
    return (
      <Stack>
        <Group justify="flex-end"><ActionButton action={edit} variant="default" onClick={() => { setDraft(start); setEditing(true); }}>{t('edit')}</ActionButton></Group>
        {files.map((file) => (
          <Stack key={file.path} gap={4}>
            <Text component="h2" fw={600}><code>{file.path}</code></Text>
            <Suspense fallback={<Skeleton height={192} aria-busy="true" />}><YamlEditor value={file.content} label={t('contentOf', { path: file.path })} /></Suspense>
          </Stack>
        ))}
        <Variables variables={service.variables ?? []} version={service.version_variable ?? null} />
      </Stack>
    );
  }
  const conflict = isApiError(save.error) && save.error.code === 'stale';
  return (
    <Stack component="form" maw={960} onSubmit={(event) => { event.preventDefault(); save.mutate(draft); }}>
      <ManifestForm runtime={service.runtime_type} draft={draft} onChange={setDraft} fieldError={fieldErrors(save.error)} />
      {conflict ? <Alert color="orange" role="alert">{t('conflict')}</Alert> : save.error === null ? null : <ProblemNotice error={save.error} />}
      <Group justify="flex-end">
        <Button variant="default" onClick={() => setEditing(false)}>{t('shell:action.cancel')}</Button>
        <Button type="submit" loading={save.isPending}>{t('saveRevision')}</Button>
      </Group>
    </Stack>
  );
}

function Variables({ variables, version }: { variables: readonly Schemas['VariableSpec'][]; version: string | null }) {
  const { t } = useTranslation('services');
  const columns: Column<Schemas['VariableSpec']>[] = [
    { head: t('variable'), cell: (each) => <code>{each.name}</code> },
    { head: t('default'), cell: (each) => (each.secret === true ? '••••' : (each.default ?? '–')) },
    { head: t('kind'), cell: (each) => [each.required === true ? t('required') : t('optional'), each.secret === true ? t('secret') : '', each.name === version ? t('isVersion') : ''].filter((x) => x !== '').join(' · ') },
    { head: t('description'), cell: (each) => each.description ?? '–' },
  ];
  return (
    <Stack gap="xs">
      <Text component="h2" fw={600}>{t('variables')}</Text>
      {variables.length === 0 ? <Text c="dimmed" size="sm">{t('noVariables')}</Text> : <Rows label={t('variables')} rows={variables} columns={columns} keyOf={(each) => each.name} />}
    </Stack>
  );
}
