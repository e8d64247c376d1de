import { Alert, List, Text, type MantineColor } from '@mantine/core';
import { IconAlertTriangle, IconCircleCheck, IconInfoCircle, IconProgress, type Icon } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { diagnosticsQuery } from '../../api/modules/deployment';
import type { ActionReason, Release, Schemas } from '../../api/types';
import { actionFor, actionOf, flowOf, type Tone } from './flow';
import { useReason } from '../useReason';

const LOOKS: Record<Tone, { color: MantineColor; icon: Icon }> = {
  calm: { color: 'gray', icon: IconInfoCircle },
  busy: { color: 'blue', icon: IconProgress },
  good: { color: 'green', icon: IconCircleCheck },
  warn: { color: 'orange', icon: IconAlertTriangle },
  bad: { color: 'red', icon: IconAlertTriangle },
};

/** Why a release ended as it did, in words. */
function useEndReason() {
  const { t } = useTranslation('codes');
  return (code: Schemas['ReleaseReason']): string => {
    switch (code) {
      case 'approval_rejected':
      case 'approval_expired':
      case 'preview_expired':
      case 'live_state_drifted':
      case 'cancelled_by_user':
        return t(`endReason.${code}`);
      default:
        return t(`diagnostic.${code}`);
    }
  };
}

/** Where it stands and what stands in its way: the cause first, then what to do, who can, until when. */
export function ReleaseNotice({ release }: { release: Release }) {
  const { t } = useTranslation(['releases', 'codes']);
  const { sentences } = useReason();
  const ended = useEndReason();
  const flow = flowOf(release);
  const { color, icon: Icon } = LOOKS[flow.tone];
  const failed = release.lifecycle_state === 'failed' && release.compat === null;
  const headline = t(`releases:flow.${flow.headline}`, { received: release.approval.received, required: release.approval.required, raw: release.compat?.raw_status ?? '' });
  const shown = flow.primary ?? flow.secondary[0];
  const action = shown === undefined ? undefined : actionOf(release, actionFor(shown));
  const waiting = release.lifecycle_state === 'approved' ? actionOf(release, 'apply') : release.lifecycle_state === 'previewed' ? actionOf(release, 'submit') : action;
  const obstacles: ActionReason[] = flow.obstacles.length === 0 ? [] : (waiting?.reasons ?? []).filter((r) => typeof r.reason_code === 'string' && flow.obstacles.includes(r.reason_code));
  return (
    <>
      {release.break_glass === null ? null : (
        <Alert color="red" icon={<IconAlertTriangle aria-hidden />}>
          {t('releases:flow.breakGlass', { name: release.break_glass.by.name, reason: release.break_glass.reason })}{' '}
          {release.break_glass.reviewed ? null : t('releases:flow.breakGlassOpen')}
        </Alert>
      )}
      <Alert color={color} icon={<Icon aria-hidden />} data-testid="notice" data-tone={flow.tone} title={release.reason_code === null ? undefined : ended(release.reason_code)}>
        {failed ? <FirstCause release={release} /> : null}
        <Text size="sm">{headline}</Text>
        {flow.headline === 'rolledBackTo' && release.rolled_back_to !== null ? (
          <Link to="/releases/$id" params={{ id: release.rolled_back_to }} className="text-link">
            {t('releases:rollback.previous')}
          </Link>
        ) : null}
        {obstacles.length === 0 ? null : (
          <List size="sm" mt={4} spacing={2}>
            {obstacles.map((reason) => (
              <List.Item key={reason.reason_code}>{sentences(reason).join(' ')}</List.Item>
            ))}
          </List>
        )}
      </Alert>
    </>
  );
}

/** The first diagnosis, as a sentence of its own. */
function FirstCause({ release }: { release: Release }) {
  const found = useQuery(diagnosticsQuery(release.id));
  const first = found.data?.items[0];
  if (first === undefined) return null;
  return (
    <Text size="sm" fw={600} style={{ overflowWrap: 'anywhere' }}>
      {first.summary}
    </Text>
  );
}
