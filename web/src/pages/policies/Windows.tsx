import { ActionIcon, Button, Fieldset, Group, Stack, Switch, Text, TextInput } from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Schemas } from '../../api/types';
import { timeZone } from '../../ui/timeZone';
import { Choice } from '../../ui/Choice';
import { NumberField } from '../../ui/NumberField';

type Window = Schemas['FreezeWindow'];
const HOUR = 3_600;

/** Times that come again in which releases stop, or in which alone they run. */
export function Windows({ windows, locked, wrong, onChange }: { windows: readonly Window[]; locked: boolean; wrong: (pointer: string) => string | undefined; onChange: (windows: Window[]) => void }) {
  const { t } = useTranslation('policies');
  const set = (at: number, next: Partial<Window>) => onChange(windows.map((each, i) => (i === at ? { ...each, ...next } : each)));
  const zone = timeZone();
  return (
    <Fieldset legend={t('group.windows')} disabled={locked}>
      <Stack gap="sm">
        {windows.length === 0 ? <Text size="sm" c="dimmed">{t('noWindows')}</Text> : null}
        {windows.map((window, at) => (
          // A row is told by its place: its name is being typed.
          // oxlint-disable-next-line react/no-array-index-key
          <Group key={at} align="flex-end" gap="xs" role="group" aria-label={t('windowOf', { name: window.name === '' ? at + 1 : window.name })}>
            <TextInput label={t('name')} required value={window.name} error={wrong(`/freeze_windows/${at}/name`)} onChange={(event) => set(at, { name: event.currentTarget.value })} />
            <Choice label={t('windowKind')} w={150} value={window.kind} data={(['deny', 'allow'] as const).map((value) => ({ value, label: t(`window.${value}`) }))} onChange={(value) => set(at, { kind: value as Window['kind'] })} />
            <TextInput label={t('cron')} w={130} required value={window.cron} error={wrong(`/freeze_windows/${at}/cron`)} onChange={(event) => set(at, { cron: event.currentTarget.value })} />
            <NumberField label={t('hours')} w={90} min={0.1} step={0.01} value={window.duration_secs / HOUR} error={wrong(`/freeze_windows/${at}/duration_secs`)} onChange={(value) => set(at, { duration_secs: Math.round(Number(value) * HOUR) })} />
            <TextInput label={t('zone')} w={160} required value={window.time_zone} error={wrong(`/freeze_windows/${at}/time_zone`)} onChange={(event) => set(at, { time_zone: event.currentTarget.value })} />
            <Switch label={t('coversRollback')} pb={8} checked={window.covers_rollback} onChange={(event) => set(at, { covers_rollback: event.currentTarget.checked })} />
            <ActionIcon variant="default" size="lg" aria-label={t('removeWindow', { name: window.name })} onClick={() => onChange(windows.filter((_, i) => i !== at))}><IconTrash size={16} aria-hidden /></ActionIcon>
          </Group>
        ))}
        <Group><Button size="xs" variant="default" leftSection={<IconPlus size={14} aria-hidden />} onClick={() => onChange([...windows, { name: '', kind: 'deny', cron: '0 18 * * 5', duration_secs: 62 * HOUR, time_zone: zone, covers_rollback: false }])}>{t('addWindow')}</Button></Group>
      </Stack>
    </Fieldset>
  );
}
