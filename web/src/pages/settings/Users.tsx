import { Badge, Button, Group, Modal, PasswordInput, Stack, TextInput } from '@mantine/core';
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { administration, administrationQueries } from '../../api/modules/administration';
import type { Schemas } from '../../api/types';
import { useCommand } from '../../api/useCommand';
import { ActionButton } from '../../components/ActionButton';
import { ActionMenu } from '../../components/ActionMenu';
import { Confirm } from '../../components/Confirm';
import { DataRegion } from '../../components/DataRegion';
import { fieldErrors } from '../../components/fieldErrors';
import { Moment } from '../../components/Moment';
import { ProblemNotice } from '../../components/ProblemNotice';
import { Rows, type Column } from '../../components/Rows';
import { ShownOnce } from './Shown';
import { Choice } from '../../ui/Choice';

type User = Schemas['User'];
type Asked = { what: 'delete' | 'disable' | 'enable' | 'password' | 'sessions'; user: User };

export function Users() {
  const { t } = useTranslation(['settings', 'shell']);
  const queries = useQueryClient();
  const query = administrationQueries.users();
  const list = useInfiniteQuery(query);
  const [making, setMaking] = useState(false);
  const [asked, setAsked] = useState<Asked | undefined>();
  const [secret, setSecret] = useState<{ name: string; password: string } | undefined>();
  const fresh = () => void queries.invalidateQueries({ queryKey: query.queryKey });
  const act = useCommand(
    async ({ what, user }: Asked, intent) => {
      if (what === 'password') return (await administration.resetPassword(user.id, intent)).one_time_password;
      if (what === 'delete') await administration.deleteUser(user.id);
      else if (what === 'sessions') await administration.endSessions(user.id);
      else await administration.editUser(user.id, { disabled: what === 'disable' });
      return undefined;
    },
    {
      success: (password, { user }) => {
        if (password !== undefined) setSecret({ name: user.username, password });
        setAsked(undefined);
        fresh();
      },
    },
  );
  const ask = (what: Asked['what'], user: User) => {
    act.reset();
    setAsked({ what, user });
  };
  const columns: Column<User>[] = [
    { head: t('username'), cell: (user) => <b>{user.username}</b> },
    { head: t('displayName'), cell: (user) => user.display_name },
    { head: t('kind'), cell: (user) => <Badge variant="light" color={user.kind === 'human' ? 'blue' : 'gray'}>{t(`account.${user.kind}`)}</Badge> },
    { head: t('state'), cell: (user) => (user.disabled ? <Badge color="red" variant="light">{t('disabled')}</Badge> : user.must_change_password ? t('mustChange') : t('active')) },
    { head: t('created'), cell: (user) => <Moment at={user.created_at} /> },
    {
      head: t('do'),
      quiet: true,
      cell: (user) => {
        const entry = (what: Asked['what'], name: string, label: string) => ({ label, action: user.actions.find((each) => each.name === name), destructive: what === 'delete', onClick: () => ask(what, user) });
        return (
          <ActionMenu
            of={user.username}
            entries={[
              ...(user.kind === 'human' ? [entry('password', 'reset_password', t('resetPassword'))] : []),
              entry('sessions', 'end_sessions', t('endSessions')),
              user.disabled ? entry('enable', 'enable', t('enable')) : entry('disable', 'disable', t('disable')),
              entry('delete', 'delete', t('delete')),
            ]}
          />
        );
      },
    },
  ];
  return (
    <Stack>
      <Group justify="flex-end"><ActionButton action={list.data?.pages[0]?.actions.find((action) => action.name === 'create')} onClick={() => { setSecret(undefined); setMaking(true); }}>{t('newUser')}</ActionButton></Group>
      {secret === undefined ? null : <ShownOnce title={t('oneTime', { name: secret.name })} secret={secret.password} />}
      <DataRegion query={list} label={t('section.users')}>{(found) => <Rows label={t('section.users')} rows={found.pages.flatMap((page) => page.items)} columns={columns} keyOf={(user) => user.id} />}</DataRegion>
      {list.hasNextPage ? <Button variant="default" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>{t('shell:action.loadMore')}</Button> : null}
      {making ? <NewUser onClose={() => setMaking(false)} onMade={(user) => { setMaking(false); if (user.one_time_password) setSecret({ name: user.username, password: user.one_time_password }); fresh(); }} /> : null}
      {asked === undefined ? null : (
        <Confirm title={t(`ask.${asked.what}`, { name: asked.user.username })} confirm={t(`sure.${asked.what}`)} destructive={asked.what === 'delete' || asked.what === 'disable'} pending={act.isPending} error={act.error} onConfirm={() => act.mutate(asked)} onClose={() => setAsked(undefined)}>
          {t(`hint.${asked.what}`)}
        </Confirm>
      )}
    </Stack>
  );
}

function NewUser({ onClose, onMade }: { onClose: () => void; onMade: (user: Schemas['NewUser']) => void }) {
  const { t } = useTranslation(['settings', 'shell']);
  const [username, setUsername] = useState('');
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [kind, setKind] = useState<Schemas['AccountKind']>('human');
  const create = useCommand(administration.createUser, { success: onMade });
  const wrong = fieldErrors(create.error);
  return (
    <Modal opened onClose={onClose} title={t('newUser')} closeButtonProps={{ 'aria-label': t('shell:action.close') }}>
      <Stack component="form" onSubmit={(event) => { event.preventDefault(); create.mutate({ username, kind, ...(name === '' ? {} : { display_name: name }), ...(password === '' || kind !== 'human' ? {} : { password }) }); }}>
        <Choice label={t('kind')} value={kind} data={(['human', 'service_account'] as const).map((value) => ({ value, label: t(`account.${value}`) }))} onChange={(value) => setKind(value as typeof kind)} />
        <TextInput label={t('username')} required data-autofocus autoComplete="off" value={username} error={wrong('/username')} onChange={(event) => setUsername(event.currentTarget.value)} />
        <TextInput label={t('displayName')} value={name} error={wrong('/display_name')} onChange={(event) => setName(event.currentTarget.value)} />
        {kind === 'human' ? <PasswordInput label={t('password')} description={t('passwordHint')} autoComplete="new-password" visibilityToggleButtonProps={{ 'aria-label': t('reveal') }} value={password} error={wrong('/password')} onChange={(event) => setPassword(event.currentTarget.value)} /> : null}
        {create.error === null ? null : <ProblemNotice error={create.error} />}
        <Group justify="flex-end"><Button variant="default" onClick={onClose}>{t('shell:action.cancel')}</Button><Button type="submit" loading={create.isPending}>{t('create')}</Button></Group>
      </Stack>
    </Modal>
  );
}
