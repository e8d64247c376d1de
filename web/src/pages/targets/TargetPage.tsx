import { Alert, Anchor, Badge, Button, Card, Code, Group, List, Modal, SimpleGrid, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { keys } from '../../api/keys';
import { catalogue, catalogueQueries } from '../../api/modules/catalogue';
import { deployment } from '../../api/modules/deployment';
import type { Release, Schemas } from '../../api/types';
import { useCommand } from '../../api/useCommand';
import { ActionButton } from '../../components/ActionButton';
import { ActionMenu } from '../../components/ActionMenu';
import { Confirm } from '../../components/Confirm';
import { CopyText } from '../../components/CopyText';
import { DataRegion, Empty } from '../../components/DataRegion';
import { fieldErrors } from '../../components/fieldErrors';
import { Moment } from '../../components/Moment';
import { Page } from '../../components/Page';
import { ProblemNotice } from '../../components/ProblemNotice';
import { Rows, type Column } from '../../components/Rows';
import { ConnectionForm, NO_REACH, connectionOf, type Reach } from './ConnectionForm';
import { Reachability } from './Reachability';

type Target = Schemas['Target'];

export function TargetPage() {
  const { t } = useTranslation(['targets', 'shell', 'codes']);
  const { id } = useParams({ from: '/shell/targets/$id' });
  const navigate = useNavigate();
  const target = useQuery(catalogueQueries.target(id));
  const [asked, setAsked] = useState<'edit' | 'delete' | undefined>();
  const remove = useCommand((of: string) => catalogue.deleteTarget(of, target.data?.version ?? 0), { success: () => void navigate({ to: '/targets' }) });
  const action = (name: string) => target.data?.actions.find((each) => each.name === name);
  return (
    <Page
      title={target.data?.name ?? t('target')}
      actions={
        target.data === undefined ? undefined : (
          <>
            <ActionButton action={action('edit')} variant="default" onClick={() => setAsked('edit')}>{t('edit')}</ActionButton>
            <ActionMenu of={target.data.name} entries={[{ label: t('delete'), action: action('delete'), destructive: true, onClick: () => setAsked('delete') }]} />
          </>
        )
      }
    >
      <DataRegion query={target} label={t('target')}>
        {(found) => (
          <Stack>
            <Group gap="sm">
              <code>{found.key}</code>
              <Badge variant="light" color="gray">{t(`codes:runtime.${found.runtime_type}`)}</Badge>
              <Text size="sm" c="dimmed">{found.environment.name} · {found.project.name}</Text>
            </Group>
            <SimpleGrid cols={{ base: 1, md: 2 }}>
              <Connectivity target={found} />
              <Holds target={found} />
            </SimpleGrid>
            <OnIt target={found} />
            {asked === 'edit' ? <Edit target={found} onClose={() => setAsked(undefined)} /> : null}
          </Stack>
        )}
      </DataRegion>
      {asked === 'delete' && target.data !== undefined ? (
        <Confirm title={t('deleteTitle', { name: target.data.name })} confirm={t('delete')} pending={remove.isPending} error={remove.error} onConfirm={() => remove.mutate(id)} onClose={() => setAsked(undefined)}>
          {t('deleteHint')}
        </Confirm>
      ) : null}
    </Page>
  );
}

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <>
      <Text component="dt" size="sm" c="dimmed">{label}</Text>
      <Text component="dd" size="sm" m={0} style={{ overflowWrap: 'anywhere' }}>{children}</Text>
    </>
  );
}

/** What somebody types on the server's host to see the same thing. */
function commandFor(connection: Schemas['Connection']): string {
  if (connection.kind === 'docker') return `docker -H ${connection.host} version`;
  if (connection.kind === 'kubeconfig') return `kubectl --server ${connection.server} version`;
  return 'kubectl version';
}

function Connectivity({ target }: { target: Target }) {
  const { t } = useTranslation(['targets', 'codes']);
  const queries = useQueryClient();
  const probe = useMutation({ mutationFn: () => catalogue.probe(target.id), onSettled: () => void queries.invalidateQueries({ queryKey: keys.one('target', target.id) }) });
  const { status, connection, credentials } = target;
  return (
    <Card withBorder>
      <Stack gap="sm">
        <Group justify="space-between">
          <Text component="h2" fw={600}>{t('connectivity')}</Text>
          <ActionButton action={target.actions.find((each) => each.name === 'probe')} size="xs" variant="default" loading={probe.isPending} onClick={() => probe.mutate()}>{t('probe')}</ActionButton>
        </Group>
        <dl style={{ display: 'grid', gridTemplateColumns: 'max-content 1fr', gap: '6px 16px', margin: 0 }}>
          <Fact label={t('state')}><Reachability value={status.reachability} /></Fact>
          <Fact label={t('checked')}><Moment at={status.checked_at} /></Fact>
          <Fact label={t('latency')}>{status.latency_ms === null ? '–' : t('ms', { count: status.latency_ms })}</Fact>
          <Fact label={t('version')}>{status.version ?? '–'}</Fact>
          <Fact label={t('address')}>{connection.kind === 'docker' ? connection.host : connection.kind === 'kubeconfig' ? connection.server : t('kind.in_cluster')}</Fact>
          <Fact label={target.runtime_type === 'compose' ? t('composeProject') : t('namespace')}><code>{target.compose_project ?? target.namespace ?? '–'}</code></Fact>
          <Fact label={t('credentials')}>{t(`credentialsKind.${credentials.kind}`)}{credentials.set_at === null ? null : <> · <Moment at={credentials.set_at} /></>}</Fact>
        </dl>
        {status.reachability === 'unreachable' ? (
          <Alert color="red" title={t('unreachable')}>
            <Text size="sm">{status.message}</Text>
            <Text size="sm">{t('lastReachable')} <Moment at={status.last_reachable_at} /></Text>
            <Group gap={4} mt="xs"><Text size="sm">{t('tryIt')}</Text><Code>{commandFor(connection)}</Code><CopyText value={commandFor(connection)} /></Group>
          </Alert>
        ) : null}
        {probe.error === null ? null : <ProblemNotice error={probe.error} />}
        {probe.data === undefined ? null : (
          <div role="status">
            {probe.data.problem ? <Text size="sm">{probe.data.problem.message}</Text> : <Text size="sm">{t('answered', { count: probe.data.latency_ms ?? 0, version: probe.data.version ?? '' })}</Text>}
            <List size="sm">{probe.data.capabilities.map((each) => <List.Item key={each.name}>{each.allowed ? t('can', { name: each.name }) : t('cannot', { name: each.name, why: each.message ?? '' })}</List.Item>)}</List>
          </div>
        )}
      </Stack>
    </Card>
  );
}

function Holds({ target }: { target: Target }) {
  const { t } = useTranslation(['targets', 'shell']);
  const queries = useQueryClient();
  const [lifting, setLifting] = useState<Schemas['Hold'] | undefined>();
  const lift = useCommand((serviceId: string) => catalogue.liftHold(target.id, serviceId), {
    success: () => {
      setLifting(undefined);
      void queries.invalidateQueries({ queryKey: keys.one('target', target.id) });
    },
  });
  return (
    <Card withBorder>
      <Stack gap="sm">
        <Text component="h2" fw={600}>{t('holds')}</Text>
        {target.holds.length === 0 ? <Text size="sm" c="dimmed">{t('noHolds')}</Text> : null}
        {target.holds.map((hold) => (
          <Group key={hold.service.id} justify="space-between">
            <Text size="sm">{hold.service.name} · <Anchor component={Link} to={`/releases/${hold.release_id}`}>{t('rolledBack')}</Anchor> <Moment at={hold.since} /></Text>
            <ActionButton action={target.actions.find((each) => each.name === 'lift_hold')} size="xs" variant="default" onClick={() => setLifting(hold)}>{t('lift')}</ActionButton>
          </Group>
        ))}
        {lifting === undefined ? null : (
          <Confirm title={t('liftTitle', { name: lifting.service.name })} confirm={t('lift')} destructive={false} pending={lift.isPending} error={lift.error} onConfirm={() => lift.mutate(lifting.service.id)} onClose={() => setLifting(undefined)}>
            {t('liftHint')}
          </Confirm>
        )}
      </Stack>
    </Card>
  );
}

function OnIt({ target }: { target: Target }) {
  const { t } = useTranslation(['targets', 'codes']);
  const list = useQuery({ queryKey: keys.list('release', { target: target.id, is_current: true }), queryFn: () => deployment.list({ target: [target.id], is_current: true }, undefined, 200) });
  const columns: Column<Release>[] = [
    { head: t('service'), cell: (release) => <Anchor component={Link} to={`/services/${release.service.id}`}>{release.service.name}</Anchor> },
    { head: t('release'), cell: (release) => <Anchor component={Link} to={`/releases/${release.id}`}>#{release.number}</Anchor> },
    { head: t('version'), cell: (release) => release.app_version },
    { head: t('applied'), cell: (release) => <Moment at={release.applied_at} /> },
  ];
  return (
    <Stack gap="sm">
      <Text component="h2" fw={600}>{t('onIt')}</Text>
      <DataRegion query={list} label={t('onIt')} isEmpty={(found) => found.items.length === 0} empty={<Empty title={t('nothingOnIt')} hint={t('nothingOnItHint')} />}>
        {(found) => <Rows label={t('onIt')} rows={found.items} columns={columns} keyOf={(release) => release.id} />}
      </DataRegion>
    </Stack>
  );
}

function Edit({ target, onClose }: { target: Target; onClose: () => void }) {
  const { t } = useTranslation(['targets', 'shell']);
  const queries = useQueryClient();
  const [name, setName] = useState(target.name);
  const [again, setAgain] = useState(false);
  const [reach, setReach] = useState<Reach>({ ...NO_REACH, kind: target.connection.kind, ...(target.connection.kind === 'docker' ? { host: target.connection.host } : {}) });
  const save = useCommand((input: Schemas['EditTarget']) => catalogue.editTarget(target.id, target.version, input), {
    success: (answer) => {
      queries.setQueryData(keys.one('target', target.id), answer);
      onClose();
    },
  });
  const wrong = fieldErrors(save.error);
  return (
    <Modal opened onClose={onClose} size="lg" title={t('editTitle', { name: target.name })} closeButtonProps={{ 'aria-label': t('shell:action.close') }}>
      <Stack component="form" onSubmit={(event) => { event.preventDefault(); save.mutate({ name, ...(again ? { connection: connectionOf(reach) } : {}) }); }}>
        <TextInput label={t('name')} required value={name} error={wrong('/name')} onChange={(event) => setName(event.currentTarget.value)} data-autofocus />
        {again ? <ConnectionForm runtime={target.runtime_type} reach={reach} onChange={setReach} wrong={wrong} /> : <Group><Button variant="default" onClick={() => setAgain(true)}>{t('changeConnection')}</Button></Group>}
        {save.error === null ? null : <ProblemNotice error={save.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>{t('shell:action.cancel')}</Button>
          <Button type="submit" loading={save.isPending}>{t('shell:action.save')}</Button>
        </Group>
      </Stack>
    </Modal>
  );
}
