import { Group, Paper, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { IconAlertTriangle, IconChecklist, IconCircleCheck } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { overviewQuery } from '../../api/modules/overview';
import type { Release, Schemas } from '../../api/types';
import { DataRegion } from '../../components/DataRegion';
import { Moment } from '../../components/Moment';
import { Page } from '../../components/Page';
import { StageBar } from '../../components/release/StageBar';
import { StateBadge } from '../../components/release/StateBadge';
import { useProject } from '../../components/useProject';
import { Days } from './Days';
import { FirstRun } from './FirstRun';
import { Matrix } from './Matrix';
import classes from './OverviewPage.module.css';

/** What needs the caller, what runs now, and what runs where. */
export function OverviewPage() {
  const { t } = useTranslation('overview');
  const project = useProject();
  const overview = useQuery(overviewQuery(project));
  return (
    <Page title={t('title')}>
      <FirstRun />
      <DataRegion query={overview} label={t('title')}>
        {(data) => (
          <>
            <Needs data={data} />
            <SimpleGrid cols={{ base: 1, md: 3 }}>
              <Card title={t('inFlight.title')}>
                {data.in_flight.length === 0 ? (
                  <Text size="sm" c="dimmed">
                    {t('inFlight.none')}
                  </Text>
                ) : (
                  data.in_flight.map((release) => <Row key={release.id} release={release} />)
                )}
              </Card>
              <Card title={t('days.title')}>
                <Days days={data.days} />
              </Card>
              <Card title={t('targets.title')}>
                <Targets counts={data.targets} />
              </Card>
            </SimpleGrid>
          </>
        )}
      </DataRegion>
      <Matrix />
    </Page>
  );
}

function Card({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <Paper component="section" withBorder radius="lg" p="md" bg="var(--surface)">
      <Title order={2} mb="sm">
        {title}
      </Title>
      <Stack gap="sm">{children}</Stack>
    </Paper>
  );
}

function Needs({ data }: { data: Schemas['Overview'] }) {
  const { t } = useTranslation('overview');
  const calm = data.approvals === 0 && data.failed.length === 0;
  return (
    <Paper component="section" withBorder radius="lg" p="md" bg="var(--surface)" className={classes['needs']} data-calm={calm}>
      <Title order={2} className={calm ? 'visually-hidden' : undefined} mb={calm ? 0 : 'sm'}>
        {t('needs.title')}
      </Title>
      {calm ? (
        <Group gap="xs">
          <IconCircleCheck size={20} aria-hidden />
          <Text size="sm">{t('needs.nothing')}</Text>
        </Group>
      ) : (
        <Stack gap="sm">
          {data.approvals > 0 ? (
            <Link to="/approvals" className={classes['need']}>
              <IconChecklist size={20} aria-hidden />
              {t('needs.approvals', { count: data.approvals })}
            </Link>
          ) : null}
          {data.failed.length > 0 ? (
            <>
              <Group gap="xs">
                <IconAlertTriangle size={20} aria-hidden />
                <Text fw={600} size="sm">
                  {t('needs.failed', { count: data.failed.length })}
                </Text>
              </Group>
              {data.failed.map((release) => (
                <Row key={release.id} release={release} />
              ))}
            </>
          ) : null}
        </Stack>
      )}
    </Paper>
  );
}

function Row({ release }: { release: Release }) {
  return (
    <div className={classes['row']}>
      <Link to="/releases/$id" params={{ id: release.id }} className="text-link">
        #{release.number} {release.service.name} {release.app_version} → {release.target.name}
      </Link>
      <Group gap="xs">
        <StateBadge state={release.lifecycle_state} size="sm" />
        <Text size="xs" c="dimmed">
          <Moment at={release.updated_at} />
        </Text>
      </Group>
      <StageBar release={release} wide />
    </div>
  );
}

function Targets({ counts }: { counts: Schemas['TargetCounts'] }) {
  const { t } = useTranslation('overview');
  const each = (['reachable', 'unreachable', 'held'] as const).filter((name) => name === 'reachable' || counts[name] > 0);
  if (counts.reachable + counts.unreachable + counts.held === 0) return <Text size="sm">{t('targets.none')}</Text>;
  return (
    <Group gap="xl">
      {each.map((name) => (
        <div key={name}>
          <Text fw={700} fz={28} lh={1.1} c={name === 'reachable' ? undefined : 'var(--mantine-color-error)'}>
            {counts[name]}
          </Text>
          <Text size="sm" c="dimmed">
            {t(`targets.${name}`)}
          </Text>
        </div>
      ))}
    </Group>
  );
}
