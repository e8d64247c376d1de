import { Badge, Group, type MantineColor } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Drift, Health } from '../../api/types';
import { Moment } from '../Moment';

const HEALTH: Record<Health['status'], MantineColor> = { healthy: 'green', in_progress: 'blue', degraded: 'red', missing: 'red', unknown: 'gray' };
const DRIFT: Record<Drift['status'], MantineColor> = { none: 'green', drifted: 'orange', unknown: 'gray' };

/** How a current release is doing, as of the newest look. */
export function HealthText({ health }: { health: Health }) {
  const { t } = useTranslation('codes');
  return <Observed color={HEALTH[health.status]} word={t(`health.${health.status}`)} at={health.checked_at} />;
}

/** Whether its target still is as it was left, as of the newest comparison. */
export function DriftText({ drift }: { drift: Drift }) {
  const { t } = useTranslation(['codes', 'releases']);
  const word = drift.status === 'drifted' ? t('releases:objects.drifted', { count: drift.objects }) : t(`codes:drift.${drift.status}`);
  return <Observed color={DRIFT[drift.status]} word={word} at={drift.checked_at} />;
}

function Observed({ color, word, at }: { color: MantineColor; word: string; at: string | null }) {
  return (
    <Group gap={6} component="span" wrap="wrap">
      <Badge color={color}>{word}</Badge>
      {at === null ? null : <Moment at={at} />}
    </Group>
  );
}
