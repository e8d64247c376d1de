import { Button, Group, Stack, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { catalogue, catalogueQueries } from '../../api/modules/catalogue';
import { useCommand } from '../../api/useCommand';
import { fieldErrors, keyFrom } from '../../components/fieldErrors';
import { Page } from '../../components/Page';
import { ProblemNotice } from '../../components/ProblemNotice';
import { useProject } from '../../components/useProject';
import type { Schemas } from '../../api/types';
import { ManifestForm, type Draft } from './ManifestForm';
import { RUNTIMES } from './routes';
import { Choice } from '../../ui/Choice';

/** What a service starts from, so that nobody looks at an empty editor. */
const START: Record<Schemas['RuntimeType'], Draft> = {
  compose: {
    files: [{ path: 'compose.yaml', content: 'services:\n  web:\n    image: registry.example/web:${VERSION}\n    ports: ["8080:8080"]\n' }],
    variables: [{ name: 'VERSION', required: true }],
    version_variable: 'VERSION',
  },
  kubernetes: {
    files: [{ path: 'deployment.yaml', content: 'apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: 2\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers:\n        - name: web\n          image: registry.example/web:${VERSION}\n' }],
    variables: [{ name: 'VERSION', required: true }],
    version_variable: 'VERSION',
  },
};

export function NewServicePage() {
  const { t } = useTranslation(['services', 'shell', 'codes']);
  const navigate = useNavigate();
  const project = useProject();
  const projects = useQuery(catalogueQueries.projects());
  const [name, setName] = useState('');
  const [key, setKey] = useState<string | undefined>();
  const [chosen, setChosen] = useState<string | undefined>(project);
  const [runtime, setRuntime] = useState<Schemas['RuntimeType']>('compose');
  const [draft, setDraft] = useState<Draft>(START.compose);
  const projectId = chosen ?? projects.data?.items[0]?.id;
  const create = useCommand(catalogue.createService, { success: (service) => void navigate({ to: '/services/$id', params: { id: service.id } }) });
  const wrong = fieldErrors(create.error);
  const submit = () => {
    if (projectId === undefined) return;
    create.mutate({ project_id: projectId, key: key ?? keyFrom(name), name, runtime_type: runtime, manifest: { files: draft.files }, variables: draft.variables, version_variable: draft.version_variable });
  };
  return (
    <Page title={t('new')}>
      <Stack component="form" maw={960} onSubmit={(event) => { event.preventDefault(); submit(); }}>
        <Group align="flex-start" grow preventGrowOverflow={false}>
          <TextInput label={t('name')} required value={name} error={wrong('/name')} onChange={(event) => setName(event.currentTarget.value)} miw={200} />
          <TextInput label={t('key')} description={t('keyHint')} inputWrapperOrder={['label', 'input', 'description', 'error']} required value={key ?? keyFrom(name)} error={wrong('/key')} onChange={(event) => setKey(event.currentTarget.value)} miw={200} />
          <Choice label={t('project')} required value={projectId ?? null} data={(projects.data?.items ?? []).map((each) => ({ value: each.id, label: each.name }))} onChange={(value) => setChosen(value ?? undefined)} miw={200} />
          <Choice
            label={t('runtime')}
           
            value={runtime}
            data={RUNTIMES.map((value) => ({ value, label: t(`codes:runtime.${value}`) }))}
            onChange={(value) => {
              const next = (value ?? 'compose') as Schemas['RuntimeType'];
              // What was typed is kept; only an untouched start is exchanged.
              if (draft === START[runtime]) setDraft(START[next]);
              setRuntime(next);
            }}
            miw={200}
          />
        </Group>
        <ManifestForm key={runtime} runtime={runtime} draft={draft} onChange={setDraft} fieldError={wrong} />
        {create.error === null ? null : <ProblemNotice error={create.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={() => void navigate({ to: '/services' })}>{t('shell:action.cancel')}</Button>
          <Button type="submit" loading={create.isPending}>{t('create')}</Button>
        </Group>
      </Stack>
    </Page>
  );
}
