import { Badge, Button, Group, Modal, Stack, TextInput } from '@mantine/core';
import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { administration, administrationQueries } from '../../api/modules/administration';
import { catalogueQueries } from '../../api/modules/catalogue';
import type { Schemas } from '../../api/types';
import { useCommand } from '../../api/useCommand';
import { ActionButton } from '../../components/ActionButton';
import { Confirm } from '../../components/Confirm';
import { DataRegion } from '../../components/DataRegion';
import { ProblemNotice } from '../../components/ProblemNotice';
import { Rows, type Column } from '../../components/Rows';
import { Choice } from '../../ui/Choice';

type Grant = Schemas['Grant'];
const ANY = '*';

/** Names for what grants refer to by id. */
function useNames() {
  const { t } = useTranslation('settings');
  const users = useInfiniteQuery(administrationQueries.users());
  const projects = useQuery(catalogueQueries.projects());
  const environments = useQuery(catalogueQueries.environments());
  const people = users.data?.pages.flatMap((page) => page.items) ?? [];
  return {
    people,
    projects: projects.data?.items ?? [],
    environments: environments.data?.items ?? [],
    subject(subject: string) {
      const [kind = '', id = ''] = subject.split(':');
      return kind === 'group' ? t('group', { name: id }) : (people.find((each) => each.id === id)?.username ?? id);
    },
    project: (id: string) => (id === ANY ? t('allProjects') : (projects.data?.items.find((each) => each.id === id)?.name ?? id)),
    environment: (id: string) => (id === ANY ? t('allEnvironments') : (environments.data?.items.find((each) => each.id === id)?.name ?? id)),
  };
}

export function Grants() {
  const { t } = useTranslation('settings');
  const queries = useQueryClient();
  const query = administrationQueries.grants();
  const list = useQuery(query);
  const names = useNames();
  const [making, setMaking] = useState(false);
  const [leaving, setLeaving] = useState<Grant | undefined>();
  const fresh = () => void queries.invalidateQueries({ queryKey: query.queryKey });
  const revoke = useCommand((id: string) => administration.revoke(id), { success: () => { setLeaving(undefined); fresh(); } });
  const columns: Column<Grant>[] = [
    { head: t('who'), cell: (grant) => <b>{names.subject(grant.subject)}</b> },
    { head: t('role'), cell: (grant) => <Badge variant="light">{grant.role}</Badge> },
    { head: t('project'), cell: (grant) => names.project(grant.project_id) },
    { head: t('environment'), cell: (grant) => names.environment(grant.environment_id) },
    { head: t('do'), quiet: true, cell: (grant) => <ActionButton action={grant.actions.find((action) => action.name === 'delete')} size="xs" variant="default" onClick={() => { revoke.reset(); setLeaving(grant); }}>{t('revokeGrant')}</ActionButton> },
  ];
  return (
    <Stack>
      <Group justify="flex-end"><ActionButton action={list.data?.actions.find((action) => action.name === 'create')} onClick={() => setMaking(true)}>{t('newGrant')}</ActionButton></Group>
      <DataRegion query={list} label={t('section.grants')}>{(found) => <Rows label={t('section.grants')} rows={found.items} columns={columns} keyOf={(grant) => grant.id} />}</DataRegion>
      {making ? <NewGrant names={names} onClose={() => setMaking(false)} onMade={() => { setMaking(false); fresh(); }} /> : null}
      {leaving === undefined ? null : <Confirm title={t('revokeGrantTitle', { name: names.subject(leaving.subject), role: leaving.role })} confirm={t('revokeGrant')} pending={revoke.isPending} error={revoke.error} onConfirm={() => revoke.mutate(leaving.id)} onClose={() => setLeaving(undefined)}>{t('revokeGrantHint')}</Confirm>}
    </Stack>
  );
}

function NewGrant({ names, onClose, onMade }: { names: ReturnType<typeof useNames>; onClose: () => void; onMade: () => void }) {
  const { t } = useTranslation(['settings', 'shell']);
  const roles = useQuery(administrationQueries.roles());
  const [subject, setSubject] = useState<string | null>(null);
  const [group, setGroup] = useState('');
  const [role, setRole] = useState<string | null>(null);
  const [project, setProject] = useState(ANY);
  const [environment, setEnvironment] = useState(ANY);
  const create = useCommand(administration.grant, { success: onMade });
  const whom = subject === 'group:' ? `group:${group}` : subject;
  const places = names.environments.filter((each) => project === ANY || each.project.id === project);
  return (
    <Modal opened onClose={onClose} title={t('newGrant')} closeButtonProps={{ 'aria-label': t('shell:action.close') }}>
      <Stack component="form" onSubmit={(event) => { event.preventDefault(); if (whom !== null && role !== null) create.mutate({ subject: whom, role, project_id: project, environment_id: environment }); }}>
        <Choice label={t('who')} required data-autofocus value={subject} data={[...names.people.map((each) => ({ value: `${each.kind === 'human' ? 'user' : 'sa'}:${each.id}`, label: each.username })), { value: 'group:', label: t('aGroup') }]} onChange={setSubject} />
        {subject === 'group:' ? <TextInput label={t('groupName')} required value={group} onChange={(event) => setGroup(event.currentTarget.value)} /> : null}
        <Choice label={t('role')} required value={role} data={(roles.data?.items ?? []).map((each) => each.key)} onChange={setRole} />
        <Choice label={t('project')} value={project} data={[{ value: ANY, label: t('allProjects') }, ...names.projects.map((each) => ({ value: each.id, label: each.name }))]} onChange={(value) => { setProject(value ?? ANY); setEnvironment(ANY); }} />
        <Choice label={t('environment')} value={environment} data={[{ value: ANY, label: t('allEnvironments') }, ...places.map((each) => ({ value: each.id, label: each.name }))]} onChange={(value) => setEnvironment(value ?? ANY)} />
        {create.error === null ? null : <ProblemNotice error={create.error} />}
        <Group justify="flex-end"><Button variant="default" onClick={onClose}>{t('shell:action.cancel')}</Button><Button type="submit" loading={create.isPending}>{t('create')}</Button></Group>
      </Stack>
    </Modal>
  );
}
