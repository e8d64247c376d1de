import { Badge, Button, Stack, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { administration, administrationQueries } from '../../api/modules/administration';
import type { Schemas } from '../../api/types';
import { DataRegion } from '../../components/DataRegion';
import { Moment } from '../../components/Moment';
import { ProblemNotice } from '../../components/ProblemNotice';
import { Rows, type Column } from '../../components/Rows';

type Session = Schemas['Session'];

/** Where one is signed in; each but this one can be ended here, this one by signing out. */
export function Sessions() {
  const { t } = useTranslation('settings');
  const queries = useQueryClient();
  const query = administrationQueries.sessions();
  const list = useQuery(query);
  const end = useMutation({ mutationFn: administration.endSession, onSuccess: () => queries.invalidateQueries({ queryKey: query.queryKey }) });
  const columns: Column<Session>[] = [
    { head: t('browser'), cell: (session) => <>{session.user_agent} {session.current ? <Badge variant="light">{t('thisOne')}</Badge> : null}</> },
    { head: t('address'), cell: (session) => <code>{session.address}</code> },
    { head: t('since'), cell: (session) => <Moment at={session.created_at} /> },
    { head: t('seen'), cell: (session) => <Moment at={session.last_seen_at} /> },
    { head: t('do'), quiet: true, cell: (session) => (session.current ? null : <Button size="xs" variant="default" loading={end.isPending && end.variables === session.id} onClick={() => end.mutate(session.id)}>{t('endSession')}</Button>) },
  ];
  return (
    <Stack>
      <Text size="sm" c="dimmed">{t('sessionsHint')}</Text>
      {end.error === null ? null : <ProblemNotice error={end.error} />}
      <DataRegion query={list} label={t('section.sessions')}>{(found) => <Rows label={t('section.sessions')} rows={found.items} columns={columns} keyOf={(session) => session.id} />}</DataRegion>
    </Stack>
  );
}
