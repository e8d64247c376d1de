import { Alert, Badge, Group, Paper, Skeleton, Stack, Text, UnstyledButton } from '@mantine/core';
import { IconAlertTriangle, IconChevronDown, IconChevronRight } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { ticketQuery } from '../../api/modules/deployment';
import type { Preview, Ticket, TicketWithPlan } from '../../api/types';
import { TicketBadge } from '../../components/approval/TicketCard';
import { DecideBox } from '../../components/approval/DecideBox';
import { DataRegion } from '../../components/DataRegion';
import { Moment } from '../../components/Moment';
import { Actor } from '../../components/release/Actor';
import { PlanCounts } from '../../components/release/PlanCounts';
import classes from './TicketRow.module.css';

const PlanView = lazy(() => import('../../components/release/PlanView').then((m) => ({ default: m.PlanView })));

/** One request; opened, the plan it asks about and the decision below it. */
export function TicketRow({ ticket, open, onToggle }: { ticket: Ticket; open: boolean; onToggle: () => void }) {
  const { t } = useTranslation('approvals');
  const { release } = ticket;
  const review = ticket.purpose === 'break_glass_review';
  const Chevron = open ? IconChevronDown : IconChevronRight;
  return (
    <Paper withBorder radius="lg" bg="var(--surface)" className={classes['row']} data-review={review}>
      <UnstyledButton className={classes['head']} onClick={onToggle} aria-expanded={open}>
        <Chevron size={18} aria-hidden />
        <span className={classes['what']}>
          <Text span fw={650}>
            #{release.number} {release.service.name}
          </Text>
          <Text span c="dimmed">
            {' → '}
            {release.target.name}
          </Text>
        </span>
        <span className={classes['counts']}>
          <PlanCounts summary={release.summary} />
          {review ? (
            <Badge color="red" leftSection={<IconAlertTriangle size={12} aria-hidden />}>
              {t('review')}
            </Badge>
          ) : null}
          {ticket.status === 'pending' ? null : <TicketBadge status={ticket.status} />}
        </span>
      </UnstyledButton>
      <Group className={classes['meta']} gap="md">
        <span>
          {t('asked')} <Actor actor={ticket.requested_by} /> <Moment at={ticket.requested_at} />
        </span>
        {ticket.expires_at === null ? <span>{t('never')}</span> : (
          <span>
            {t('expires')} <Moment at={ticket.expires_at} />
          </span>
        )}
        <span>
          {ticket.received}/{ticket.required}
        </span>
        <Link to="/releases/$id" params={{ id: release.id }} className="text-link">
          {t('open', { number: release.number })}
        </Link>
      </Group>
      {open ? <Opened ticket={ticket} onDecided={onToggle} /> : null}
    </Paper>
  );
}

function Opened({ ticket, onDecided }: { ticket: Ticket; onDecided: () => void }) {
  const { t } = useTranslation('approvals');
  const whole = useQuery(ticketQuery(ticket.id));
  return (
    <Stack p="md" pt={0}>
      <DataRegion query={whole} label={t('show', { number: ticket.release.number })}>
        {(detail) => (
          <>
            {detail.plan === null ? (
              <Alert color="orange">{t('planGone')}</Alert>
            ) : (
              <Suspense fallback={<Skeleton height={160} aria-busy="true" />}>
                <PlanView releaseId={ticket.release.id} preview={shown(detail)} linked={undefined} linkTo={(key) => `${location.origin}/releases/${ticket.release.id}?tab=plan&resource=${encodeURIComponent(key)}`} />
              </Suspense>
            )}
          </>
        )}
      </DataRegion>
      {ticket.status === 'pending' ? <DecideBox ticket={ticket} onDecided={onDecided} /> : null}
    </Stack>
  );
}

type Shown = Pick<Preview, 'plan' | 'plan_hash' | 'kind' | 'checks' | 'warnings'>;

/** The plan that a ticket asks about, as the plan's view takes it. */
const shown = (detail: TicketWithPlan): Shown => ({
  plan: detail.plan ?? { changes: [], summary: detail.release.summary },
  plan_hash: detail.plan_hash,
  kind: detail.purpose === 'rollback' ? 'rollback' : 'apply',
  checks: detail.checks,
  warnings: detail.warnings,
});
