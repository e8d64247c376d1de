import { Group, Text } from '@mantine/core';
import { IconCheck, IconLoader2, IconX } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Release } from '../../api/types';
import { Moment } from '../Moment';

/** Each run of its own, the apply first: a rollback never writes over what the apply came to. */
export function RunsTrack({ release }: { release: Release }) {
  const { t } = useTranslation('releases');
  const runs = release.executions ?? [];
  if (runs.length === 0) return null;
  return (
    <Group component="ul" gap="lg" p={0} m={0} style={{ listStyle: 'none' }} aria-label={t('steps.runs')}>
      {[...runs]
        .sort((a, b) => a.started_at.localeCompare(b.started_at))
        .map((run) => {
          const outcome = run.outcome ?? 'running';
          const Icon = outcome === 'succeeded' ? IconCheck : outcome === 'failed' ? IconX : IconLoader2;
          return (
            <Group key={run.id} component="li" gap={6}>
              <Icon size={15} aria-hidden />
              <Text size="sm">
                {t(`runs.${run.kind}`)}: {t(`runs.${outcome}`)}
              </Text>
              <Text size="xs" c="dimmed">
                <Moment at={run.ended_at ?? run.started_at} />
              </Text>
            </Group>
          );
        })}
    </Group>
  );
}
