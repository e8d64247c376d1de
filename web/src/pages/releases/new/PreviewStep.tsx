import { Button, Group, Loader, Stack, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { keys } from '../../../api/keys';
import { deployment } from '../../../api/modules/deployment';
import type { Release } from '../../../api/types';
import { useCommand } from '../../../api/useCommand';
import { ActionButton } from '../../../components/ActionButton';
import { ProblemNotice } from '../../../components/ProblemNotice';
import { actionOf, openable } from '../../../components/release/flow';
import { PlanView } from '../../../components/release/PlanView';
import { useSheet } from '../../../components/release/useSheet';

/** The plan, looked at; then what the policy asks for next. Once it is submitted, the release's own page goes on. */
export function PreviewStep({ release, onBack }: { release: Release; onBack: () => void }) {
  const { t } = useTranslation(['releases', 'newRelease', 'sheet']);
  const queries = useQueryClient();
  const navigate = useNavigate();
  const open = useSheet();
  const preview = useCommand((id: string, key) => deployment.preview(id, key), {
    success: (answer) => {
      queries.setQueryData(keys.part(release.id, 'plan', 'apply'), answer);
      void queries.invalidateQueries({ queryKey: keys.release(release.id) });
    },
  });
  const asked = useRef(false);
  const { mutate } = preview;
  useEffect(() => {
    if (asked.current) return;
    asked.current = true;
    mutate(release.id);
  }, [mutate, release.id]);

  const moved = release.lifecycle_state !== 'draft' && release.lifecycle_state !== 'previewed';
  useEffect(() => {
    if (moved) void navigate({ to: '/releases/$id', params: { id: release.id }, replace: true });
  }, [moved, navigate, release.id]);

  const shown = preview.data;
  const free = shown?.approval.required === 0;
  const failed = shown?.checks.some((c) => c.status === 'failed') === true;
  return (
    <Stack>
      {preview.isPending ? (
        <Group role="status">
          <Loader size="sm" />
          <Text>{t('sheet:preparing')}</Text>
        </Group>
      ) : null}
      {preview.error === null ? null : <ProblemNotice error={preview.error} retry={() => preview.mutate(release.id)} />}
      {shown === undefined ? null : <PlanView key={shown.plan_hash} releaseId={release.id} preview={shown} linked={undefined} linkTo={(key) => `${location.origin}/releases/${release.id}?tab=plan&resource=${encodeURIComponent(key)}`} />}
      {shown === undefined || failed ? null : <Text size="sm">{free ? t('sheet:free') : t('sheet:waiting', { count: shown.approval.required })}</Text>}
      <Group>
        <Button variant="default" onClick={onBack}>
          {t('newRelease:back')}
        </Button>
        {shown === undefined ? null : (
          <ActionButton action={openable(actionOf(release, 'submit'))} onClick={() => open({ command: free ? 'release' : 'submit', release, seen: shown.plan_hash })}>
            {t(free ? 'again.release' : 'again.submit')}
          </ActionButton>
        )}
        <Link to="/releases/$id" params={{ id: release.id }} className="text-link">
          {t('newRelease:toRelease')}
        </Link>
      </Group>
    </Stack>
  );
}
