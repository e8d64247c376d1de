import { Group, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { planQuery } from '../../api/modules/deployment';
import { isApiError } from '../../api/problem';
import type { Release } from '../../api/types';
import { DataRegion, Empty } from '../../components/DataRegion';
import { Moment } from '../../components/Moment';
import { PlanView } from '../../components/release/PlanView';
import { releaseRoute } from './routes';

export function PlanTab({ release }: { release: Release }) {
  const { t } = useTranslation('releases');
  const { resource, hunk } = releaseRoute.useSearch();
  const plan = useQuery({ ...planQuery(release.id, 'apply'), enabled: release.preview !== null || release.plan_summary !== null });
  const none = <Empty title={t('plan.none')} hint={t('plan.noneHint')} />;
  if ((release.preview === null && release.plan_summary === null) || (isApiError(plan.error) && plan.error.code === 'not_found')) return none;
  return (
    <DataRegion query={plan} label={t('plan.region')}>
      {(preview) => (
        <>
          <Group gap={6}>
            <Text size="sm" c="dimmed">
              {t('plan.from')} {release.preview === null ? null : <Moment at={release.preview.issued_at} />}
            </Text>
            {release.preview?.valid === false && ['previewed', 'pending_approval', 'approved'].includes(release.lifecycle_state) ? <Text size="sm">{t('plan.expired')}</Text> : null}
          </Group>
          <PlanView
            key={preview.plan_hash}
            releaseId={release.id}
            preview={preview}
            linked={resource}
            hunk={hunk}
            linkTo={(key) => `${location.origin}/releases/${release.id}?tab=plan&resource=${encodeURIComponent(key)}`}
          />
        </>
      )}
    </DataRegion>
  );
}
