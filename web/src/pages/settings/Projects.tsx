import { Button, Group, Modal, Stack, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { catalogue, catalogueQueries } from '../../api/modules/catalogue';
import type { Schemas } from '../../api/types';
import { useCommand } from '../../api/useCommand';
import { ActionButton } from '../../components/ActionButton';
import { ActionMenu } from '../../components/ActionMenu';
import { Confirm } from '../../components/Confirm';
import { DataRegion } from '../../components/DataRegion';
import { fieldErrors, keyFrom } from '../../components/fieldErrors';
import { Moment } from '../../components/Moment';
import { ProblemNotice } from '../../components/ProblemNotice';
import { Rows, type Column } from '../../components/Rows';

type Project = Schemas['Project'];

export function Projects() {
  const { t } = useTranslation('settings');
  const queries = useQueryClient();
  const query = catalogueQueries.projects();
  const list = useQuery(query);
  const [asked, setAsked] = useState<{ edit?: Project } | undefined>();
  const [leaving, setLeaving] = useState<Project | undefined>();
  const fresh = () => queries.invalidateQueries({ queryKey: query.queryKey });
  const remove = useCommand((project: Project) => catalogue.deleteProject(project.id, project.version), { success: () => { setLeaving(undefined); void fresh(); } });
  const columns: Column<Project>[] = [
    { head: t('name'), cell: (project) => project.name },
    { head: t('key'), cell: (project) => <code>{project.key}</code> },
    { head: t('created'), cell: (project) => <Moment at={project.created_at} /> },
    {
      head: t('do'),
      quiet: true,
      cell: (project) => (
        <ActionMenu
          of={project.name}
          entries={[
            { label: t('rename'), action: project.actions.find((action) => action.name === 'edit'), onClick: () => setAsked({ edit: project }) },
            { label: t('delete'), action: project.actions.find((action) => action.name === 'delete'), destructive: true, onClick: () => setLeaving(project) },
          ]}
        />
      ),
    },
  ];
  return (
    <Stack>
      <Group justify="flex-end"><ActionButton action={list.data?.actions.find((action) => action.name === 'create')} onClick={() => setAsked({})}>{t('newProject')}</ActionButton></Group>
      <DataRegion query={list} label={t('section.projects')}>{(found) => <Rows label={t('section.projects')} rows={found.items} columns={columns} keyOf={(project) => project.id} />}</DataRegion>
      {asked === undefined ? null : <Form project={asked.edit} onClose={() => setAsked(undefined)} onDone={() => { setAsked(undefined); void fresh(); }} />}
      {leaving === undefined ? null : <Confirm title={t('deleteTitle', { name: leaving.name })} confirm={t('delete')} pending={remove.isPending} error={remove.error} onConfirm={() => remove.mutate(leaving)} onClose={() => setLeaving(undefined)}>{t('deleteProjectHint')}</Confirm>}
    </Stack>
  );
}

function Form({ project, onClose, onDone }: { project: Project | undefined; onClose: () => void; onDone: () => void }) {
  const { t } = useTranslation(['settings', 'shell']);
  const [name, setName] = useState(project?.name ?? '');
  const [key, setKey] = useState<string | undefined>();
  const save = useCommand((input: { name: string; key: string }, intent: string) => (project === undefined ? catalogue.createProject(input, intent) : catalogue.renameProject(project.id, project.version, input.name)), { success: onDone });
  const wrong = fieldErrors(save.error);
  return (
    <Modal opened onClose={onClose} title={project === undefined ? t('newProject') : t('renameTitle', { name: project.name })} closeButtonProps={{ 'aria-label': t('shell:action.close') }}>
      <Stack component="form" onSubmit={(event) => { event.preventDefault(); save.mutate({ name, key: key ?? keyFrom(name) }); }}>
        <TextInput label={t('name')} required data-autofocus value={name} error={wrong('/name')} onChange={(event) => setName(event.currentTarget.value)} />
        {project === undefined ? <TextInput label={t('key')} required value={key ?? keyFrom(name)} error={wrong('/key')} onChange={(event) => setKey(event.currentTarget.value)} /> : null}
        {save.error === null ? null : <ProblemNotice error={save.error} />}
        <Group justify="flex-end"><Button variant="default" onClick={onClose}>{t('shell:action.cancel')}</Button><Button type="submit" loading={save.isPending}>{project === undefined ? t('create') : t('shell:action.save')}</Button></Group>
      </Stack>
    </Modal>
  );
}
