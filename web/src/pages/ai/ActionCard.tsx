import { Badge, Button, Group, Paper, Skeleton, Stack, Text, Title, type MantineColor } from '@mantine/core';
import { IconCircleCheck, IconClockX, IconHandStop, IconLock, IconShieldCheck, IconX, type Icon } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { lazy, Suspense, useId } from 'react';
import { useTranslation } from 'react-i18next';
import { keys } from '../../api/keys';
import { deployment, releaseQuery } from '../../api/modules/deployment';
import type { ActionReason, AssistantCard, Release, Schemas } from '../../api/types';
import { useCommand } from '../../api/useCommand';
import { ActionButton } from '../../components/ActionButton';
import { DataRegion } from '../../components/DataRegion';
import { Moment } from '../../components/Moment';
import { ProblemNotice } from '../../components/ProblemNotice';
import { actionFor, actionOf } from '../../components/release/flow';
import { useSheet } from '../../components/release/useSheet';
import { useReason } from '../../components/useReason';
import { useNow } from '../../ui/When';
import { commandOf, textOf } from './card';
import type { Result } from './entries';
import { RecordLink } from './Links';
import { Objects } from './Objects';
import { Outcome, useToolName } from './Outcome';
import { Parameters } from './Parameters';
import classes from './AiPage.module.css';

const ReleasePanel = lazy(() => import('./ReleasePanel').then((m) => ({ default: m.ReleasePanel })));

type Status = Schemas['ConfirmationStatus'];
const LOOKS: Record<Status, { color: MantineColor; icon: Icon }> = {
  open: { color: 'orange', icon: IconHandStop },
  accepted: { color: 'green', icon: IconCircleCheck },
  declined: { color: 'gray', icon: IconX },
  expired: { color: 'gray', icon: IconClockX },
};

type Props = { session: string; card: AssistantCard; result: Result | undefined; newest: boolean; onSay: ((text: string) => void) | undefined };

/**
 * What waits for the person's own answer: what it is, with which values, on what, and whether they may; then the sheet of the
 * release's own page. The newest card of a release shows the release as well.
 */
export function ActionCard({ session, card, result, newest, onSay }: Props) {
  const { t } = useTranslation(['ai', 'releases']);
  const toolName = useToolName();
  const release = useQuery(releaseQuery(card.release.id));
  const now = useNow();
  const id = useId();
  const status: Status = card.status === 'open' && Date.parse(card.expires_at) <= now ? 'expired' : card.status;
  const { color, icon: Icon } = LOOKS[status];
  return (
    <Paper component="article" aria-labelledby={id} withBorder radius="lg" p="md" bg="var(--surface)" className={classes['card']} data-status={status}>
      <Stack gap="sm">
        <Group justify="space-between" gap="xs">
          <Title order={2} id={id}>
            {toolName(card.tool)}
          </Title>
          <Badge color={color} leftSection={<Icon size={12} aria-hidden />}>
            {t(`ai:card.${status}`)}
          </Badge>
        </Group>
        <DataRegion query={release} label={t('ai:card.release', { number: card.release.number })} skeleton={<Skeleton height={120} />}>
          {(found) => (
            <Stack gap="sm">
              <Text>
                <Link to="/releases/$id" params={{ id: found.id }} className="text-link">
                  #{found.number}
                </Link>{' '}
                {t('releases:head', { service: found.service.name, version: found.app_version, target: found.target.name })} · {found.environment.name} ·{' '}
                <RecordLink release={found} />
              </Text>
              {status === 'open' ? <Open session={session} card={card} release={found} onSay={onSay} /> : <Objects objects={card.objects} />}
              {result === undefined ? null : <Outcome result={result} own={card.release.id} />}
              {newest ? (
                <Suspense fallback={<Skeleton height={200} aria-busy="true" />}>
                  <ReleasePanel release={found} rollback={card.tool === 'rollback_release'} open={status === 'open'} onSay={onSay} />
                </Suspense>
              ) : null}
            </Stack>
          )}
        </DataRegion>
      </Stack>
    </Paper>
  );
}

function Open({ session, card, release, onSay }: { session: string; card: AssistantCard; release: Release; onSay: Props['onSay'] }) {
  const { t } = useTranslation(['ai', 'releases']);
  const queries = useQueryClient();
  const sheet = useSheet();
  const command = commandOf(card, release);
  const action = command === undefined ? undefined : actionOf(release, actionFor(command));
  const bound = { session, id: card.confirmation_id, planHash: card.plan_hash ?? undefined };
  const text = textOf(card);
  const renew = () => void queries.invalidateQueries({ queryKey: keys.one('assistant', session) });
  const decline = useCommand(() => deployment.answer(bound, false), { success: renew, error: renew });
  const heavy = command === 'rollback' || command === 'cancel';
  return (
    <>
      {command === 'cancel' ? null : <Parameters release={release} card={bound} command={command === 'submit' ? 'submit' : 'apply'} onSay={onSay} />}
      {text === '' ? null : (
        <Text size="sm">
          {t('releases:facts.reason')}: “{text}”
        </Text>
      )}
      <Objects objects={card.objects} />
      <Permission reasons={action?.reasons ?? card.reasons} allowed={action?.allowed ?? card.allowed} />
      <Text size="sm" c="dimmed">
        {card.plan_hash === null || card.plan_hash === undefined ? null : (
          <>
            {t('ai:card.bound')} <code>{card.plan_hash.slice(0, 12)}</code> ·{' '}
          </>
        )}
        {t('ai:card.until')} <Moment at={card.expires_at} />
      </Text>
      {decline.error === null ? null : <ProblemNotice error={decline.error} />}
      <Group justify="space-between" gap="sm">
        <ActionButton action={action} color={heavy ? 'red' : 'blue'} onClick={() => command !== undefined && sheet({ command, release, card: { ...bound, text } })}>
          {command === undefined ? t('ai:card.unknown') : t(`releases:again.${command}`)}
        </ActionButton>
        <Button variant="default" loading={decline.isPending} onClick={() => decline.mutate(undefined)}>
          {t('ai:card.decline')}
        </Button>
      </Group>
    </>
  );
}

/** Whether the gates are open to this person now, and what stands in the way. */
function Permission({ allowed, reasons }: { allowed: boolean; reasons: readonly ActionReason[] }) {
  const { t } = useTranslation('ai');
  const { sentences } = useReason();
  const Icon = allowed ? IconShieldCheck : IconLock;
  return (
    <div className={classes['permission']} data-allowed={allowed}>
      <Icon size={18} aria-hidden />
      <div>
        <Text size="sm">{t(allowed ? 'card.allowed' : 'card.refused')}</Text>
        {allowed ? null : [...new Set(reasons.map((reason) => sentences(reason).join(' ')))].map((line) => (
          <Text key={line} size="sm">
            {line}
          </Text>
        ))}
      </div>
    </div>
  );
}
