import { Badge, Button, Group, Modal, Stack, Table, TextInput } from '@mantine/core';
import { IconCheck, IconMinus } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { administration, administrationQueries } from '../../api/modules/administration';
import type { Schemas } from '../../api/types';
import { useCommand } from '../../api/useCommand';
import { ActionButton } from '../../components/ActionButton';
import { Confirm } from '../../components/Confirm';
import { DataRegion } from '../../components/DataRegion';
import { fieldErrors } from '../../components/fieldErrors';
import { ProblemNotice } from '../../components/ProblemNotice';
import { Ticks } from '../../ui/Ticks';

type Role = Schemas['Role'];

/** Which role has which permission, all of them beside each other. */
export function Roles() {
  const { t } = useTranslation('settings');
  const queries = useQueryClient();
  const query = administrationQueries.roles();
  const list = useQuery(query);
  const permissions = useQuery(administrationQueries.permissions());
  const [making, setMaking] = useState(false);
  const [leaving, setLeaving] = useState<Role | undefined>();
  const fresh = () => void queries.invalidateQueries({ queryKey: query.queryKey });
  const remove = useCommand((id: string) => administration.deleteRole(id), { success: () => { setLeaving(undefined); fresh(); } });
  return (
    <Stack>
      <Group justify="flex-end"><ActionButton action={list.data?.actions.find((action) => action.name === 'create')} onClick={() => setMaking(true)}>{t('newRole')}</ActionButton></Group>
      <DataRegion query={list} label={t('section.roles')}>
        {(found) => (
          <Table.ScrollContainer minWidth={640} scrollAreaProps={{ viewportProps: { tabIndex: 0, role: 'region', 'aria-label': t('section.roles') } }}>
            <Table stickyHeader withTableBorder bg="var(--surface)">
              <Table.Thead>
                <Table.Tr>
                  <Table.Th scope="col">{t('permission')}</Table.Th>
                  {found.items.map((role) => (
                    <Table.Th key={role.id} scope="col" ta="center">
                      {role.key} {role.shipped ? null : <><Badge size="xs" variant="light">{t('own')}</Badge> <ActionButton action={role.actions.find((action) => action.name === 'delete')} size="compact-xs" variant="default" onClick={() => { remove.reset(); setLeaving(role); }}>{t('delete')}</ActionButton></>}
                    </Table.Th>
                  ))}
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {(permissions.data?.items ?? []).map((permission) => (
                  <Table.Tr key={permission}>
                    <Table.Th scope="row" fw={400}><code>{permission}</code></Table.Th>
                    {found.items.map((role) => {
                      const has = role.permissions.includes(permission);
                      return <Table.Td key={role.id} ta="center">{has ? <IconCheck size={16} aria-hidden color="var(--mantine-color-green-8)" /> : <IconMinus size={16} aria-hidden opacity={0.4} />}<span className="visually-hidden">{has ? t('has') : t('hasNot')}</span></Table.Td>;
                    })}
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        )}
      </DataRegion>
      {making ? <NewRole permissions={permissions.data?.items ?? []} onClose={() => setMaking(false)} onMade={() => { setMaking(false); fresh(); }} /> : null}
      {leaving === undefined ? null : <Confirm title={t('deleteTitle', { name: leaving.key })} confirm={t('delete')} pending={remove.isPending} error={remove.error} onConfirm={() => remove.mutate(leaving.id)} onClose={() => setLeaving(undefined)}>{t('deleteRoleHint')}</Confirm>}
    </Stack>
  );
}

function NewRole({ permissions, onClose, onMade }: { permissions: Schemas['Permission'][]; onClose: () => void; onMade: () => void }) {
  const { t } = useTranslation(['settings', 'shell']);
  const [key, setKey] = useState('');
  const [chosen, setChosen] = useState<Schemas['Permission'][]>([]);
  const create = useCommand(administration.createRole, { success: onMade });
  const wrong = fieldErrors(create.error);
  return (
    <Modal opened onClose={onClose} title={t('newRole')} closeButtonProps={{ 'aria-label': t('shell:action.close') }}>
      <Stack component="form" onSubmit={(event) => { event.preventDefault(); create.mutate({ key, permissions: chosen }); }}>
        <TextInput label={t('key')} required data-autofocus value={key} error={wrong('/key')} onChange={(event) => setKey(event.currentTarget.value)} />
        <Ticks label={t('permissions')} value={chosen} data={permissions} error={wrong('/permissions')} onChange={(value) => setChosen(value as Schemas['Permission'][])} />
        {create.error === null ? null : <ProblemNotice error={create.error} />}
        <Group justify="flex-end"><Button variant="default" onClick={onClose}>{t('shell:action.cancel')}</Button><Button type="submit" loading={create.isPending}>{t('create')}</Button></Group>
      </Stack>
    </Modal>
  );
}
