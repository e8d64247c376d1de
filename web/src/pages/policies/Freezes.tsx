import { Alert, Button, Card, Group, Modal, Stack, Switch, Text, Textarea, TextInput, Title } from '@mantine/core';
import { IconSnowflake } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { keys } from '../../api/keys';
import { catalogue, catalogueQueries } from '../../api/modules/catalogue';
import type { Schemas } from '../../api/types';
import { useCommand } from '../../api/useCommand';
import { ActionButton } from '../../components/ActionButton';
import { Confirm } from '../../components/Confirm';
import { DataRegion } from '../../components/DataRegion';
import { fieldErrors } from '../../components/fieldErrors';
import { Moment } from '../../components/Moment';
import { ProblemNotice } from '../../components/ProblemNotice';
import { useMe } from '../../components/useMe';
import { Choice } from '../../ui/Choice';

type Freeze = Schemas['Freeze'];

/** What stops the line now, ending it, and stopping it. */
export function Freezes({ environments }: { environments: readonly Schemas['Environment'][] }) {
  const { t } = useTranslation(['policies', 'shell']);
  const queries = useQueryClient();
  const list = useQuery(catalogueQueries.freezes());
  const targets = useInfiniteQuery(catalogueQueries.targets({}));
  const { projects } = useMe();
  const [stopping, setStopping] = useState(false);
  const [ending, setEnding] = useState<Freeze | undefined>();
  const fresh = () => queries.invalidateQueries({ queryKey: keys.list('freeze') });
  const end = useCommand((id: string) => catalogue.endFreeze(id), { success: () => { setEnding(undefined); void fresh(); } });
  const places = [
    { value: 'everything:', label: t('scope.everything') },
    ...projects.map((each) => ({ value: `project_id:${each.id}`, label: t('scope.project', { name: each.name }) })),
    ...environments.map((each) => ({ value: `environment_id:${each.id}`, label: t('scope.environment', { name: each.name }) })),
    ...(targets.data?.pages.flatMap((page) => page.items) ?? []).map((each) => ({ value: `target_id:${each.id}`, label: t('scope.target', { name: each.name }) })),
  ];
  const where = (freeze: Freeze) => {
    const id = freeze.target_id ?? freeze.environment_id ?? freeze.project_id;
    return places.find((place) => place.value.endsWith(`:${id ?? ''}`))?.label ?? id ?? '';
  };
  return (
    <Stack gap="sm">
      <Group justify="space-between">
        <Title order={2} size="h3">{t('freezes')}</Title>
        <ActionButton action={list.data?.actions.find((action) => action.name === 'create')} variant="default" leftSection={<IconSnowflake size={16} aria-hidden color="var(--mantine-color-red-8)" />} onClick={() => setStopping(true)}>{t('stopTheLine')}</ActionButton>
      </Group>
      <DataRegion query={list} label={t('freezes')} isEmpty={(found) => found.items.length === 0} empty={<Text size="sm" c="dimmed">{t('noFreezes')}</Text>}>
        {(found) => (
          <Stack gap="xs">
            {found.items.map((freeze) => (
              <Card withBorder key={freeze.id} padding="sm">
                <Group justify="space-between" align="flex-start">
                  <Stack gap={2}>
                    <Text fw={600}>{freeze.name} · {where(freeze)}</Text>
                    <Text size="sm">{freeze.reason}</Text>
                    <Text size="sm" c="dimmed">
                      {freeze.in_force ? t('inForce') : t('notYet')} · {freeze.by.name} · <Moment at={freeze.starts_at} /> → {freeze.ends_at === null ? t('untilEnded') : <Moment at={freeze.ends_at} />}
                      {freeze.covers_rollback ? ` · ${t('coversRollback')}` : ''}
                    </Text>
                  </Stack>
                  <ActionButton action={freeze.actions.find((action) => action.name === 'end')} size="xs" variant="default" onClick={() => setEnding(freeze)}>{t('end')}</ActionButton>
                </Group>
              </Card>
            ))}
          </Stack>
        )}
      </DataRegion>
      {stopping ? <Stop places={places} onClose={() => setStopping(false)} onDone={() => { setStopping(false); void fresh(); }} /> : null}
      {ending === undefined ? null : (
        <Confirm title={t('endTitle', { name: ending.name })} confirm={t('end')} destructive={false} pending={end.isPending} error={end.error} onConfirm={() => end.mutate(ending.id)} onClose={() => setEnding(undefined)}>
          {t('endHint')}
        </Confirm>
      )}
    </Stack>
  );
}

function Stop({ places, onClose, onDone }: { places: { value: string; label: string }[]; onClose: () => void; onDone: () => void }) {
  const { t } = useTranslation(['policies', 'shell']);
  const [name, setName] = useState('');
  const [reason, setReason] = useState('');
  const [place, setPlace] = useState('everything:');
  const [until, setUntil] = useState('');
  const [rollbacks, setRollbacks] = useState(false);
  const stop = useCommand(catalogue.freeze, { success: onDone });
  const wrong = fieldErrors(stop.error);
  const submit = () => {
    const [kind = '', id = ''] = place.split(':');
    stop.mutate({ name, reason, covers_rollback: rollbacks, ...(id === '' ? {} : { [kind]: id }), ...(until === '' ? {} : { ends_at: new Date(until).toISOString() }) });
  };
  return (
    <Modal opened onClose={onClose} title={t('stopTheLine')} closeButtonProps={{ 'aria-label': t('shell:action.close') }}>
      <Stack component="form" onSubmit={(event) => { event.preventDefault(); submit(); }}>
        <Alert color="red">{t('stopHint')}</Alert>
        <Choice label={t('where')} value={place} data={places} onChange={(value) => setPlace(value ?? 'everything:')} />
        <TextInput label={t('name')} required data-autofocus value={name} error={wrong('/name')} onChange={(event) => setName(event.currentTarget.value)} />
        <Textarea label={t('reason')} required value={reason} error={wrong('/reason')} onChange={(event) => setReason(event.currentTarget.value)} />
        <TextInput type="datetime-local" label={t('until')} description={t('untilHint')} value={until} error={wrong('/ends_at')} onChange={(event) => setUntil(event.currentTarget.value)} />
        <Switch label={t('coversRollback')} checked={rollbacks} onChange={(event) => setRollbacks(event.currentTarget.checked)} />
        {stop.error === null ? null : <ProblemNotice error={stop.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>{t('shell:action.cancel')}</Button>
          <Button type="submit" color="red" loading={stop.isPending}>{t('stop')}</Button>
        </Group>
      </Stack>
    </Modal>
  );
}
