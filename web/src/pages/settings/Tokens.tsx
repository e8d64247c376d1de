import { Badge, Button, Group, Modal, Stack, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { administration, administrationQueries } from '../../api/modules/administration';
import type { Schemas } from '../../api/types';
import { useCommand } from '../../api/useCommand';
import { ActionButton } from '../../components/ActionButton';
import { Confirm } from '../../components/Confirm';
import { DataRegion, Empty } from '../../components/DataRegion';
import { fieldErrors } from '../../components/fieldErrors';
import { Moment } from '../../components/Moment';
import { ProblemNotice } from '../../components/ProblemNotice';
import { Rows, type Column } from '../../components/Rows';
import { ShownOnce } from './Shown';
import { Choice } from '../../ui/Choice';
import { Ticks } from '../../ui/Ticks';

type Token = Schemas['Token'];

export function Tokens() {
  const { t } = useTranslation(['settings', 'codes']);
  const queries = useQueryClient();
  const query = administrationQueries.tokens();
  const list = useQuery(query);
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<string | undefined>();
  const [leaving, setLeaving] = useState<Token | undefined>();
  const fresh = () => queries.invalidateQueries({ queryKey: query.queryKey });
  const revoke = useCommand((id: string) => administration.revokeToken(id), { success: () => { setLeaving(undefined); void fresh(); } });
  const columns: Column<Token>[] = [
    { head: t('name'), cell: (token) => token.name },
    { head: t('prefix'), cell: (token) => <code>{token.prefix}…</code> },
    { head: t('owner'), cell: (token) => token.owner.name },
    { head: t('scopes'), cell: (token) => (token.scopes.length === 0 ? t('allScopes') : token.scopes.join(', ')) },
    { head: t('channel'), cell: (token) => <Badge variant="light" color="gray">{t(`codes:channel.${token.channel}`)}</Badge> },
    { head: t('expires'), cell: (token) => <Moment at={token.expires_at} /> },
    { head: t('used'), cell: (token) => <Moment at={token.last_used_at} /> },
    { head: t('do'), quiet: true, cell: (token) => <ActionButton action={token.actions.find((action) => action.name === 'delete')} size="xs" variant="default" onClick={() => setLeaving(token)}>{t('revoke')}</ActionButton> },
  ];
  return (
    <Stack>
      <Group justify="flex-end"><ActionButton action={list.data?.actions.find((action) => action.name === 'create')} onClick={() => { setMade(undefined); setMaking(true); }}>{t('newToken')}</ActionButton></Group>
      {made === undefined ? null : <ShownOnce title={t('tokenMade')} secret={made} />}
      <DataRegion query={list} label={t('section.tokens')} isEmpty={(found) => found.items.length === 0} empty={<Empty title={t('noTokens')} hint={t('noTokensHint')} />}>
        {(found) => <Rows label={t('section.tokens')} rows={found.items} columns={columns} keyOf={(token) => token.id} />}
      </DataRegion>
      {making ? <NewToken onClose={() => setMaking(false)} onMade={(token) => { setMaking(false); setMade(token); void fresh(); }} /> : null}
      {leaving === undefined ? null : <Confirm title={t('revokeTitle', { name: leaving.name })} confirm={t('revoke')} pending={revoke.isPending} error={revoke.error} onConfirm={() => revoke.mutate(leaving.id)} onClose={() => setLeaving(undefined)}>{t('revokeHint')}</Confirm>}
    </Stack>
  );
}

function NewToken({ onClose, onMade }: { onClose: () => void; onMade: (token: string) => void }) {
  const { t } = useTranslation(['settings', 'shell', 'codes']);
  const permissions = useQuery(administrationQueries.permissions());
  const [name, setName] = useState('');
  const [scopes, setScopes] = useState<Schemas['Permission'][]>([]);
  const [channel, setChannel] = useState<Schemas['TokenChannel']>('api');
  const [until, setUntil] = useState('');
  const create = useCommand(administration.createToken, { success: (answer) => onMade(answer.token) });
  const wrong = fieldErrors(create.error);
  return (
    <Modal opened onClose={onClose} title={t('newToken')} closeButtonProps={{ 'aria-label': t('shell:action.close') }}>
      <Stack component="form" onSubmit={(event) => { event.preventDefault(); create.mutate({ name, scopes, channel, ...(until === '' ? {} : { expires_at: new Date(until).toISOString() }) }); }}>
        <TextInput label={t('name')} required data-autofocus value={name} error={wrong('/name')} onChange={(event) => setName(event.currentTarget.value)} />
        <Ticks label={t('scopes')} description={t('scopesHint')} value={scopes} data={permissions.data?.items ?? []} error={wrong('/scopes')} onChange={(value) => setScopes(value as Schemas['Permission'][])} />
        <Choice label={t('channel')} description={t('channelHint')} value={channel} data={(['api', 'cli', 'ci'] as const).map((value) => ({ value, label: t(`codes:channel.${value}`) }))} onChange={(value) => setChannel(value as typeof channel)} />
        <TextInput type="date" label={t('expires')} value={until} error={wrong('/expires_at')} onChange={(event) => setUntil(event.currentTarget.value)} />
        {create.error === null ? null : <ProblemNotice error={create.error} />}
        <Group justify="flex-end"><Button variant="default" onClick={onClose}>{t('shell:action.cancel')}</Button><Button type="submit" loading={create.isPending}>{t('create')}</Button></Group>
      </Stack>
    </Modal>
  );
}
