import { Badge, Group, Text, type MantineColor } from '@mantine/core';
import { IconAlertTriangle, IconCheck, IconCircleDashed, IconLoader2, IconMinus, IconQuestionMark, IconX, type Icon } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { objectsQuery } from '../../api/modules/deployment';
import type { ObjectState, ObjectStatus, Release } from '../../api/types';
import { DataRegion, Empty } from '../../components/DataRegion';
import { Moment } from '../../components/Moment';
import { ChangeLine } from '../../components/release/ChangeLine';
import { DriftText, HealthText } from '../../components/release/Observed';
import { Rows } from '../../components/Rows';

const LOOKS: Record<ObjectStatus, { color: MantineColor; icon: Icon }> = {
  pending: { color: 'gray', icon: IconCircleDashed },
  in_progress: { color: 'blue', icon: IconLoader2 },
  healthy: { color: 'green', icon: IconCheck },
  degraded: { color: 'orange', icon: IconAlertTriangle },
  failed: { color: 'red', icon: IconX },
  missing: { color: 'red', icon: IconX },
  skipped: { color: 'gray', icon: IconMinus },
  unknown: { color: 'gray', icon: IconQuestionMark },
};

/** What went wrong stands first. */
const RANK: Record<ObjectStatus, number> = { failed: 0, missing: 1, degraded: 2, in_progress: 3, pending: 4, unknown: 5, healthy: 6, skipped: 7 };

export function ObjectsTab({ release }: { release: Release }) {
  const { t } = useTranslation(['releases', 'codes']);
  const objects = useQuery(objectsQuery(release.id));
  const label = t('releases:objects.region');
  return (
    <DataRegion query={objects} label={label} isEmpty={(d) => d.items.length === 0} empty={<Empty title={t('releases:objects.none')} hint={t('releases:objects.noneHint')} />}>
      {(data) => (
        <>
          {!data.health || !data.drift ? null : (
            <Group gap="lg" mb="sm">
              <HealthText health={data.health} />
              <DriftText drift={data.drift} />
            </Group>
          )}
          <Rows<ObjectState>
            label={label}
            rows={[...data.items].sort((a, b) => RANK[a.status] - RANK[b.status])}
            keyOf={(o) => o.key}
            columns={[
              { head: t('releases:objects.object'), cell: (o) => <ChangeLine change={o} /> },
              { head: t('releases:objects.status'), cell: (o) => <Status status={o.status} /> },
              { head: t('releases:objects.ready'), cell: (o) => (o.ready === null || o.ready === undefined ? '–' : t('releases:objects.of', { ready: o.ready, total: o.total ?? o.ready })) },
              { head: t('releases:objects.since'), cell: (o) => <Moment at={o.since} /> },
              { head: t('releases:objects.message'), cell: (o) => <Text size="sm" style={{ overflowWrap: 'anywhere' }}>{o.message ?? ''}</Text> },
              { head: t('releases:objects.drift'), cell: (o) => <Drifted of={o.drift} /> },
            ]}
          />
        </>
      )}
    </DataRegion>
  );
}

/** What is not as it was left: the field, what was released, what is there. */
function Drifted({ of }: { of: ObjectState['drift'] }) {
  const { t } = useTranslation('releases');
  const shown = (value: unknown) => (value === undefined || value === null ? '–' : typeof value === 'string' ? value : JSON.stringify(value));
  return (
    <>
      {of.map((field) => (
        <Text key={field.path} size="sm" style={{ overflowWrap: 'anywhere' }}>
          {field.path === '' ? t('objects.whole') : <><code>{field.path}</code>: {t('objects.differs', { expected: shown(field.expected), actual: shown(field.actual) })}</>}
        </Text>
      ))}
    </>
  );
}

function Status({ status }: { status: ObjectStatus }) {
  const { t } = useTranslation('codes');
  const { color, icon: Icon } = LOOKS[status];
  return (
    <Badge color={color} leftSection={<Icon size={12} aria-hidden />}>
      {t(`objectStatus.${status}`)}
    </Badge>
  );
}
