import { Badge, Button, Group, Modal, NavLink, Stack, Text, TextInput, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { catalogue, catalogueQueries } from '../../api/modules/catalogue';
import type { Schemas } from '../../api/types';
import { useCommand } from '../../api/useCommand';
import { ActionButton } from '../../components/ActionButton';
import { DataRegion, Empty } from '../../components/DataRegion';
import { fieldErrors, keyFrom } from '../../components/fieldErrors';
import { Page } from '../../components/Page';
import { ProblemNotice } from '../../components/ProblemNotice';
import { useProject } from '../../components/useProject';
import { Tabs } from '../../ui/Tabs';
import { Freezes } from './Freezes';
import { PolicyForm } from './PolicyForm';
import { PolicyHistory } from './PolicyHistory';
import { POLICY_TABS } from './routes';
import { Choice } from '../../ui/Choice';

const KINDS = ['development', 'staging', 'production'] as const;

export function PoliciesPage() {
  const { t } = useTranslation(['policies', 'shell', 'codes']);
  const project = useProject();
  const { environment, tab = 'policy' } = useSearch({ from: '/shell/policies' });
  const navigate = useNavigate({ from: '/policies' });
  const list = useQuery(catalogueQueries.environments(project));
  const [making, setMaking] = useState(false);
  const create = list.data?.actions.find((action) => action.name === 'create');
  const items = list.data?.items ?? [];
  const chosen = items.find((each) => each.id === environment) ?? items.find((each) => each.kind === 'production') ?? items[0];
  return (
    <Page title={t('title')} actions={<ActionButton action={create} onClick={() => setMaking(true)}>{t('newEnvironment')}</ActionButton>}>
      <Freezes environments={items} />
      <Title order={2} size="h3">{t('environments')}</Title>
      <DataRegion query={list} label={t('environments')} isEmpty={(found) => found.items.length === 0} empty={<Empty title={t('noEnvironments')} hint={t('noEnvironmentsHint')} />}>
        {(found) => (
            <Stack gap={2} component="nav" aria-label={t('environments')} maw={420}>
              {found.items.map((each) => (
                <NavLink
                  key={each.id}
                  component="button"
                  active={each.id === chosen?.id}
                  aria-current={each.id === chosen?.id ? 'true' : undefined}
                  label={each.name}
                  description={each.project.name}
                  color="gray"
                  c="var(--mantine-color-text)"
                  styles={{ description: { color: 'inherit' }, label: { fontWeight: each.id === chosen?.id ? 600 : 400 } }}
                  rightSection={<Badge variant="default">{t(`codes:environmentKind.${each.kind}`)}</Badge>}
                  onClick={() => void navigate({ search: (prev) => ({ ...prev, environment: each.id }) })}
                />
              ))}
            </Stack>
        )}
      </DataRegion>
      {chosen === undefined ? null : (
        <Tabs label={t('policyOf', { name: chosen.name })} value={tab} tabs={POLICY_TABS.map((value) => ({ value, label: t(`tab.${value}`) }))} onChange={(next) => void navigate({ search: (prev) => ({ ...prev, tab: next }) })}>
          {tab === 'policy' ? <OnePolicy id={chosen.id} /> : <PolicyHistory environmentId={chosen.id} />}
        </Tabs>
      )}
      {making ? <NewEnvironment projectId={project} onClose={() => setMaking(false)} onMade={(made) => { setMaking(false); void navigate({ search: (prev) => ({ ...prev, environment: made.id }) }); }} /> : null}
    </Page>
  );
}

function OnePolicy({ id }: { id: string }) {
  const { t } = useTranslation('policies');
  const environment = useQuery(catalogueQueries.environment(id));
  return (
    <DataRegion query={environment} label={t('policy')}>
      {(found) => (
        <Stack>
          <Title order={2} size="h3">{t('policyOf', { name: found.name })}</Title>
          {found.policy ? <PolicyForm key={`${found.id} ${found.version}`} environment={found} policy={found.policy} /> : <Text>{t('noPolicy')}</Text>}
        </Stack>
      )}
    </DataRegion>
  );
}

function NewEnvironment({ projectId, onClose, onMade }: { projectId: string | undefined; onClose: () => void; onMade: (made: Schemas['Environment']) => void }) {
  const { t } = useTranslation(['policies', 'shell', 'codes']);
  const projects = useQuery(catalogueQueries.projects());
  const [name, setName] = useState('');
  const [key, setKey] = useState<string | undefined>();
  const [kind, setKind] = useState<Schemas['EnvironmentKind']>('staging');
  const [chosen, setChosen] = useState(projectId);
  const project = chosen ?? projects.data?.items[0]?.id;
  const create = useCommand(catalogue.createEnvironment, { success: onMade });
  const wrong = fieldErrors(create.error);
  return (
    <Modal opened onClose={onClose} title={t('newEnvironment')} closeButtonProps={{ 'aria-label': t('shell:action.close') }}>
      <Stack component="form" onSubmit={(event) => { event.preventDefault(); if (project !== undefined) create.mutate({ project_id: project, key: key ?? keyFrom(name), name, kind }); }}>
        <TextInput label={t('name')} required data-autofocus value={name} error={wrong('/name')} onChange={(event) => setName(event.currentTarget.value)} />
        <TextInput label={t('key')} required value={key ?? keyFrom(name)} error={wrong('/key')} onChange={(event) => setKey(event.currentTarget.value)} />
        <Choice label={t('project')} value={project ?? null} data={(projects.data?.items ?? []).map((each) => ({ value: each.id, label: each.name }))} onChange={(value) => setChosen(value ?? undefined)} />
        <Choice label={t('kind')} description={t('kindHint')} value={kind} data={KINDS.map((value) => ({ value, label: t(`codes:environmentKind.${value}`) }))} onChange={(value) => setKind(value as typeof kind)} />
        {create.error === null ? null : <ProblemNotice error={create.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>{t('shell:action.cancel')}</Button>
          <Button type="submit" loading={create.isPending}>{t('create')}</Button>
        </Group>
      </Stack>
    </Modal>
  );
}
