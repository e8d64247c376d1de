import { Button, Group, Stack } from '@mantine/core';
import { IconChevronDown, IconChevronRight } from '@tabler/icons-react';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Release } from '../../api/types';
import { ActionButton } from '../../components/ActionButton';
import { actionFor, actionOf, EVENT_FILTERS, flowOf, openable, type Step } from '../../components/release/flow';
import { LifecycleSteps } from '../../components/release/LifecycleSteps';
import { ReleaseNotice } from '../../components/release/ReleaseNotice';
import { RunsTrack } from '../../components/release/RunsTrack';
import { StageBar } from '../../components/release/StageBar';
import { Tabs } from '../../ui/Tabs';
import { isSayable } from './card';
import { useSaying } from './useSaying';

const PlanPanel = lazy(() => import('../../components/release/PlanPanel').then((m) => ({ default: m.PlanPanel })));
const ApprovalsPanel = lazy(() => import('../../components/approval/ApprovalsPanel').then((m) => ({ default: m.ApprovalsPanel })));
const TimelinePanel = lazy(() => import('../../components/release/TimelinePanel').then((m) => ({ default: m.TimelinePanel })));

const TABS = ['plan', 'approvals', 'timeline'] as const;
type Tab = (typeof TABS)[number];

/** What a person wants to see next, by where the release stands. */
function firstTab(release: Release): Tab {
  switch (release.lifecycle_state) {
    case 'pending_approval':
    case 'rejected':
      return 'approvals';
    case 'draft':
    case 'previewed':
    case 'approved':
      return 'plan';
    case 'applying':
    case 'applied':
    case 'failed':
    case 'rollback':
    case 'rolled_back':
    case 'cancelled':
      return 'timeline';
  }
}

type Props = {
  release: Release;
  /** The card asks for the way back, whose plan is another. */
  rollback: boolean;
  /** A card still waits for its answer: what could be said next would open another. */
  open: boolean;
  onSay: ((text: string) => void) | undefined;
};

/** The release beside its card: where it stands, its plan, approvals and timeline, and what to say next. */
export function ReleasePanel({ release, rollback, open, onSay }: Props) {
  const { t } = useTranslation(['releases', 'ai']);
  const say = useSaying();
  const [chosen, setChosen] = useState<Tab>();
  const [shown, setShown] = useState(true);
  const tab = chosen ?? (open ? 'plan' : firstTab(release));
  const { primary, secondary } = flowOf(release);
  const next = [...(primary === undefined ? [] : [primary]), ...secondary].filter(isSayable).filter((command) => actionOf(release, actionFor(command)) !== undefined);
  const Chevron = shown ? IconChevronDown : IconChevronRight;
  return (
    <Stack gap="sm">
      <LifecycleSteps release={release} />
      <StageBar release={release} wide />
      <RunsTrack release={release} />
      {open ? null : <ReleaseNotice release={release} />}
      {open || onSay === undefined || next.length === 0 ? null : (
        <Group gap="xs" role="group" aria-label={t('releases:flow.next')}>
          {next.map((command) => (
            <ActionButton key={command} size="xs" variant="default" action={openable(actionOf(release, actionFor(command)))} onClick={() => onSay(say(command, release))}>
              {say(command, release)}
            </ActionButton>
          ))}
        </Group>
      )}
      <Button variant="subtle" size="compact-sm" w="fit-content" leftSection={<Chevron size={14} aria-hidden />} aria-expanded={shown} onClick={() => setShown((now) => !now)}>
        {t('ai:card.parts')}
      </Button>
      {shown ? (
        <Tabs label={t('releases:tabs.label')} value={tab} tabs={TABS.map((value) => ({ value, label: t(`releases:tabs.${value}`) }))} onChange={setChosen}>
          <Suspense fallback={<div aria-busy="true" style={{ minHeight: 200 }} />}>
            {tab === 'plan' ? <PlanPanel release={release} kind={rollback ? 'rollback' : 'apply'} /> : tab === 'approvals' ? <ApprovalsPanel release={release} /> : <Timeline release={release} />}
          </Suspense>
        </Tabs>
      ) : null}
    </Stack>
  );
}

/** The timeline with filters of its own: the address is the session's. */
function Timeline({ release }: { release: Release }) {
  const [narrowed, setNarrowed] = useState<{ filter: (typeof EVENT_FILTERS)[number]; step: Step | undefined }>({ filter: 'all', step: undefined });
  return <TimelinePanel release={release} {...narrowed} linked={undefined} onNarrow={(next) => setNarrowed((now) => ({ ...now, ...next }))} />;
}
