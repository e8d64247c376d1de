import { Button, Group, Stack, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { catalogue, catalogueQueries } from '../../api/modules/catalogue';
import type { Schemas } from '../../api/types';
import { useCommand } from '../../api/useCommand';
import { fieldErrors, keyFrom } from '../../components/fieldErrors';
import { Page } from '../../components/Page';
import { ProblemNotice } from '../../components/ProblemNotice';
import { useProject } from '../../components/useProject';
import { ConnectionForm, NO_REACH, connectionOf, type Reach } from './ConnectionForm';
import { Choice } from '../../ui/Choice';

export function NewTargetPage() {
  const { t } = useTranslation(['targets', 'shell', 'codes']);
  const navigate = useNavigate();
  const project = useProject();
  const environments = useQuery(catalogueQueries.environments(project));
  const [name, setName] = useState('');
  const [key, setKey] = useState<string | undefined>();
  const [environmentId, setEnvironment] = useState<string | null>(null);
  const [runtime, setRuntime] = useState<Schemas['RuntimeType']>('compose');
  const [place, setPlace] = useState<string | undefined>();
  const [folder, setFolder] = useState('');
  const [reach, setReach] = useState<Reach>(NO_REACH);
  const environment = environments.data?.items.find((each) => each.id === environmentId);
  const create = useCommand(catalogue.createTarget, { success: (target) => void navigate({ to: '/targets/$id', params: { id: target.id } }) });
  const wrong = fieldErrors(create.error);
  const compose = runtime === 'compose';
  const keyed = key ?? keyFrom(name);
  const submit = () => {
    if (environment === undefined) return;
    create.mutate({
      project_id: environment.project.id, environment_id: environment.id, key: keyed, name, runtime_type: runtime, connection: connectionOf(reach),
      ...(compose ? { compose_project: place ?? keyed } : { namespace: place ?? keyed }),
      ...(compose && folder !== '' ? { working_dir: folder } : {}),
    });
  };
  return (
    <Page title={t('new')}>
      <Stack component="form" maw={720} onSubmit={(event) => { event.preventDefault(); submit(); }}>
        <TextInput label={t('name')} required value={name} error={wrong('/name')} onChange={(event) => setName(event.currentTarget.value)} />
        <TextInput label={t('key')} description={t('keyHint')} required value={keyed} error={wrong('/key')} onChange={(event) => setKey(event.currentTarget.value)} />
        <Choice label={t('environment')} required placeholder={t('choose')} value={environmentId} error={wrong('/environment_id')} data={(environments.data?.items ?? []).map((each) => ({ value: each.id, label: `${each.name} · ${each.project.name}` }))} onChange={setEnvironment} />
        <Choice label={t('runtime')} value={runtime} data={(['compose', 'kubernetes'] as const).map((value) => ({ value, label: t(`codes:runtime.${value}`) }))} onChange={(value) => { const next = value as Schemas['RuntimeType']; setRuntime(next); setReach({ ...NO_REACH, kind: next === 'compose' ? 'docker' : 'kubeconfig' }); }} />
        <ConnectionForm runtime={runtime} reach={reach} onChange={setReach} wrong={wrong} />
        <TextInput label={compose ? t('composeProject') : t('namespace')} required value={place ?? keyed} error={wrong(compose ? '/compose_project' : '/namespace')} onChange={(event) => setPlace(event.currentTarget.value)} />
        {compose ? <TextInput label={t('workingDir')} description={t('workingDirHint')} value={folder} error={wrong('/working_dir')} onChange={(event) => setFolder(event.currentTarget.value)} /> : null}
        {create.error === null ? null : <ProblemNotice error={create.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={() => void navigate({ to: '/targets' })}>{t('shell:action.cancel')}</Button>
          <Button type="submit" loading={create.isPending}>{t('create')}</Button>
        </Group>
      </Stack>
    </Page>
  );
}
