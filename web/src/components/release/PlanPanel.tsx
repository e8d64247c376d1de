import { Group, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { planQuery } from '../../api/modules/deployment';
import { isApiError } from '../../api/problem';
import type { PreviewKind, Release } from '../../api/types';
import { DataRegion, Empty } from '../DataRegion';
import { Moment } from '../Moment';
import { PlanView } from './PlanView';

/** The newest plan of a release, or of its way back; `linked` and `hunk` are what an address names of it. */
export function PlanPanel({ release, kind = 'apply', linked, hunk }: { release: Release; kind?: PreviewKind; linked?: string | undefined; hunk?: string | undefined }) {
  const { t } = useTranslation('releases');
  const unplanned = kind === 'apply' && release.preview === null && release.plan_summary === null;
  const plan = useQuery({ ...planQuery(release.id, kind), enabled: !unplanned });
  if (unplanned || (isApiError(plan.error) && plan.error.code === 'not_found')) return <Empty title={t('plan.none')} hint={t('plan.noneHint')} />;
  return (
    <DataRegion query={plan} label={t('plan.region')}>
      {(preview) => (
        <>
          {kind === 'rollback' ? null : (
            <Group gap={6}>
              <Text size="sm" c="dimmed">
                {t('plan.from')} {release.preview === null ? null : <Moment at={release.preview.issued_at} />}
              </Text>
              {release.preview?.valid === false && ['previewed', 'pending_approval', 'approved'].includes(release.lifecycle_state) ? <Text size="sm">{t('plan.expired')}</Text> : null}
            </Group>
          )}
          <PlanView
            key={preview.plan_hash}
            releaseId={release.id}
            preview={preview}
            linked={linked}
            hunk={hunk}
            linkTo={(key) => `${location.origin}/releases/${release.id}?tab=${kind === 'apply' ? 'plan' : 'rollback'}&resource=${encodeURIComponent(key)}`}
          />
        </>
      )}
    </DataRegion>
  );
}
