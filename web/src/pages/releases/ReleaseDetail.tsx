import { Badge, Box, Group, Paper, Stack, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import type { Release } from '../../api/types';
import { CopyText } from '../../components/CopyText';
import { Page } from '../../components/Page';
import { ProblemNotice } from '../../components/ProblemNotice';
import { LifecycleSteps } from '../../components/release/LifecycleSteps';
import { ReleaseNotice } from '../../components/release/ReleaseNotice';
import { RunsTrack } from '../../components/release/RunsTrack';
import { StageBar } from '../../components/release/StageBar';
import { StateBadge } from '../../components/release/StateBadge';
import { ReleaseActions, ReleaseMenu } from './ReleaseActions';
import { ReleaseFacts } from './ReleaseFacts';
import { Tabs } from '../../ui/Tabs';
import { useNeighbours } from './useNeighbours';
import { TABS, releaseRoute, type Tab } from './routes';
import classes from './ReleaseDetail.module.css';

const PANELS: Record<Tab, React.LazyExoticComponent<React.ComponentType<{ release: Release }>>> = {
  plan: lazy(() => import('./PlanTab').then((m) => ({ default: m.PlanTab }))),
  objects: lazy(() => import('./ObjectsTab').then((m) => ({ default: m.ObjectsTab }))),
  timeline: lazy(() => import('./TimelineTab').then((m) => ({ default: m.TimelineTab }))),
  approvals: lazy(() => import('../../components/approval/ApprovalsPanel').then((m) => ({ default: m.ApprovalsPanel }))),
  diagnostics: lazy(() => import('./DiagnosticsTab').then((m) => ({ default: m.DiagnosticsTab }))),
  manifest: lazy(() => import('./ManifestTab').then((m) => ({ default: m.ManifestTab }))),
  rollback: lazy(() => import('./RollbackTab').then((m) => ({ default: m.RollbackTab }))),
};

/** What a person wants to see first, by where the release stands. */
function firstTab(release: Release): Tab {
  switch (release.lifecycle_state) {
    case 'failed':
      return 'diagnostics';
    case 'applying':
    case 'rollback':
      return 'objects';
    case 'pending_approval':
    case 'draft':
    case 'previewed':
    case 'approved':
      return 'plan';
    case 'rejected':
      return 'approvals';
    case 'applied':
    case 'rolled_back':
    case 'cancelled':
      return 'timeline';
  }
}

export function ReleaseDetail({ release, stale }: { release: Release; stale: Error | null }) {
  const { t } = useTranslation(['releases', 'codes']);
  useNeighbours(release);
  const found = releaseRoute.useSearch();
  const navigate = releaseRoute.useNavigate();
  const tab = found.tab ?? firstTab(release);
  const head = t('releases:head', { service: release.service.name, version: release.app_version, target: release.target.name });
  return (
    <Page
      tab={`#${release.number} ${head}`}
      title={
        <span className={classes['title']}>
          <span className={classes['number']}>#{release.number}</span> {release.service.name} <span className={classes['version']}>{release.app_version}</span>
          <span aria-hidden="true" className={classes['arrow']}>
            →
          </span>
          <span className="visually-hidden"> → </span>
          {release.target.name}
        </span>
      }
      actions={<ReleaseMenu release={release} />}
    >
      <Group gap="sm">
        <StateBadge state={release.lifecycle_state} size="lg" />
        <Badge color={release.environment.kind === 'production' ? 'grape' : 'gray'} size="lg">
          {release.environment.name}
        </Badge>
        {release.is_current ? <Badge color="green" size="lg">{t('releases:list.current_mark')}</Badge> : null}
        {release.preview === null ? null : (
          <Group gap={2}>
            <Text size="sm" c="dimmed">
              {t('releases:facts.plan')} <code>{release.preview.plan_hash.slice(0, 12)}</code>
            </Text>
            <CopyText value={release.preview.plan_hash} label={t('releases:facts.plan')} />
          </Group>
        )}
      </Group>
      {stale === null ? null : <ProblemNotice error={stale} />}
      <div className={classes['grid']}>
        <Paper component="section" aria-label={t('releases:steps.label')} withBorder radius="lg" p="md" className={classes['panel']}>
          <Stack gap="md">
            <LifecycleSteps
              release={release}
              className={classes['steps']}
              linked={(step, name) => (
                <Link from="/releases/$id" to="." search={(prev) => ({ ...prev, tab: 'timeline' as const, step })} resetScroll={false}>
                  {name}
                </Link>
              )}
            />
            <StageBar release={release} wide />
            <RunsTrack release={release} />
            <ReleaseNotice release={release} />
            <ReleaseActions release={release} className={classes['actions']} />
          </Stack>
        </Paper>
        <Box className={classes['main']}>
          <Tabs
            label={t('releases:tabs.label')}
            value={tab}
            tabs={TABS.map((value) => ({ value, label: t(`releases:tabs.${value}`) }))}
            onChange={(value) => void navigate({ search: (prev) => ({ ...prev, tab: value, resource: undefined, hunk: undefined, event: undefined, step: undefined }), replace: true })}
          >
            <Lazy tab={tab} release={release} />
          </Tabs>
        </Box>
        <aside className={classes['aside']} aria-label={t('releases:facts.title')}>
          <ReleaseFacts release={release} />
        </aside>
      </div>
      {release.compat === null ? null : (
        <Link to="/releases" className="text-link">
          {t('releases:missing.search')}
        </Link>
      )}
    </Page>
  );
}

function Lazy({ tab, release }: { tab: Tab; release: Release }) {
  const Panel = PANELS[tab];
  return (
    <Suspense fallback={<div aria-busy="true" style={{ minHeight: 200 }} />}>
      <Panel release={release} />
    </Suspense>
  );
}
