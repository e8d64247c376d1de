import { Alert, Group, List, Stack, Text } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { keys } from '../../api/keys';
import { deployment, planQuery } from '../../api/modules/deployment';
import type { Preview, Release } from '../../api/types';
import { useCommand } from '../../api/useCommand';
import { ActionButton } from '../../components/ActionButton';
import { DataRegion } from '../../components/DataRegion';
import { Moment } from '../../components/Moment';
import { ProblemNotice } from '../../components/ProblemNotice';
import { actionOf, openable } from '../../components/release/flow';
import { PlanView } from '../../components/release/PlanView';
import { useSheet } from '../../components/release/useSheet';
import { releaseRoute } from './routes';
import { Choice } from '../../ui/Choice';

/** Releases offered to return to. */
const OFFERED = 20;
const PREVIOUS = 'previous';

/** The way back: where to, its plan, what it cannot undo, and the sheet that confirms it. */
export function RollbackTab({ release }: { release: Release }) {
  const { t } = useTranslation('releases');
  const queries = useQueryClient();
  const open = useSheet();
  const { to, resource, hunk } = releaseRoute.useSearch();
  const navigate = releaseRoute.useNavigate();
  const action = openable(actionOf(release, 'rollback'));
  const earlier = useQuery({
    queryKey: keys.list('release', { applied: release.target.id, service: release.service.id }),
    queryFn: () => deployment.list({ service: [release.service.id], target: [release.target.id], lifecycle_state: ['applied'] }, undefined, OFFERED),
    select: (list) => list.items.filter((r) => r.id !== release.id && r.compat === null && r.number < release.number),
    enabled: action?.allowed === true,
  });
  const preview = useCommand((destination: string | undefined, key) => deployment.previewRollback(release.id, destination, key), {
    success: (answer) => queries.setQueryData(keys.part(release.id, 'plan', 'rollback'), answer),
  });
  const made = preview.data;
  const kept = useQuery({ ...planQuery(release.id, 'rollback'), enabled: release.lifecycle_state === 'rollback' || release.lifecycle_state === 'rolled_back' });
  const shown: Preview | undefined = made ?? kept.data;
  return (
    <Stack>
      <Text size="sm">{t('rollback.lead')}</Text>
      <Group align="flex-end">
        <Choice
          label={t('rollback.to')}
          miw={260}
          value={to ?? PREVIOUS}
         
          disabled={action?.allowed !== true}
          data={[
            { value: PREVIOUS, label: t('rollback.previous') },
            ...(earlier.data ?? []).map((r) => ({ value: r.id, label: t('rollback.earlier', { number: r.number, version: r.app_version }) })),
            { value: 'uninstall', label: t('rollback.uninstall') },
          ]}
          onChange={(value) => {
            preview.reset();
            void navigate({ search: (prev) => ({ ...prev, to: value === null || value === PREVIOUS ? undefined : value }), replace: true });
          }}
        />
        <ActionButton action={action} variant="default" loading={preview.isPending} onClick={() => preview.mutate(to)}>
          {t('rollback.preview')}
        </ActionButton>
      </Group>
      {preview.error === null ? null : <ProblemNotice error={preview.error} />}
      {earlier.error === null ? null : (
        <DataRegion query={earlier} label={t('rollback.to')}>
          {() => null}
        </DataRegion>
      )}
      {shown === undefined ? null : (
        <>
          {(shown.irreversible ?? []).length === 0 ? null : (
            <Alert color="orange" title={t('rollback.irreversible')}>
              <List size="sm">
                {(shown.irreversible ?? []).map((each) => (
                  <List.Item key={each.key + each.code}>
                    {each.key}: {each.message}
                  </List.Item>
                ))}
              </List>
            </Alert>
          )}
          {made === undefined ? null : (
            <Group justify="space-between">
              <Text size="sm">
                {made.approval.covered_until !== null && made.approval.covered_until !== undefined ? (
                  <>
                    {t('approvals.covered')} <Moment at={made.approval.covered_until} />
                  </>
                ) : (
                  t(made.approval.required > 0 ? 'rollback.needs' : 'rollback.free')
                )}
              </Text>
              <ActionButton action={action} color="red" onClick={() => open({ command: 'rollback', release, to, seen: made.plan_hash })}>
                {t('rollback.open')}
              </ActionButton>
            </Group>
          )}
          <PlanView key={shown.plan_hash} releaseId={release.id} preview={shown} linked={resource} hunk={hunk} linkTo={(key) => `${location.origin}/releases/${release.id}?tab=rollback&resource=${encodeURIComponent(key)}`} />
        </>
      )}
    </Stack>
  );
}
