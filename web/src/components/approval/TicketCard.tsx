import { Badge, Group, List, Paper, Stack, Text, type MantineColor } from '@mantine/core';
import { IconBan, IconCheck, IconClockPause, IconClockX, IconX, type Icon } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Ticket, TicketStatus } from '../../api/types';
import { currentLocale } from '../../i18n';
import { Moment } from '../Moment';
import { Actor } from '../release/Actor';
import { DecideBox } from './DecideBox';

const LOOKS: Record<TicketStatus, { color: MantineColor; icon: Icon }> = {
  pending: { color: 'orange', icon: IconClockPause },
  approved: { color: 'green', icon: IconCheck },
  rejected: { color: 'red', icon: IconX },
  expired: { color: 'gray', icon: IconClockX },
  voided: { color: 'gray', icon: IconBan },
  withdrawn: { color: 'gray', icon: IconBan },
};

export function TicketBadge({ status }: { status: TicketStatus }) {
  const { t } = useTranslation('codes');
  const { color, icon: Icon } = LOOKS[status];
  return (
    <Badge color={color} leftSection={<Icon size={12} aria-hidden />}>
      {t(`ticket.${status}`)}
    </Badge>
  );
}

/** One request for approval: what it asks, why, who has decided, and the decision where one may be made. */
export function TicketCard({ ticket }: { ticket: Ticket }) {
  const { t } = useTranslation(['releases', 'codes']);
  const roles = new Intl.ListFormat(currentLocale(), { type: 'disjunction' }).format(ticket.rule.approver_roles);
  return (
    <Paper withBorder radius="lg" p="md" bg="var(--surface)">
      <Stack gap="sm">
        <Group justify="space-between">
          <Group gap="xs">
            <TicketBadge status={ticket.status} />
            <Text fw={600}>{t(`codes:purpose.${ticket.purpose}`)}</Text>
          </Group>
          <Text size="sm">
            {ticket.received} / {ticket.required}
          </Text>
        </Group>
        <Text size="sm">
          {t('releases:approvals.needs', { count: ticket.required, roles })}, {t(ticket.rule.allow_self_approval ? 'releases:approvals.ownAllowed' : 'releases:approvals.notAuthor')}
        </Text>
        {ticket.because.length === 0 ? null : (
          <List size="sm">
            {ticket.because.map((each) => (
              <List.Item key={each.code + each.message}>{t(`codes:because.${each.code}`)}</List.Item>
            ))}
          </List>
        )}
        <Group gap="lg">
          <Text size="sm" c="dimmed">
            {t('releases:approvals.asked')} <Actor actor={ticket.requested_by} /> · <Moment at={ticket.requested_at} />
          </Text>
          {ticket.status === 'pending' ? (
            <Text size="sm" c="dimmed">
              {t('releases:approvals.expires')} <Moment at={ticket.expires_at} none={t('releases:approvals.never')} />
            </Text>
          ) : null}
          <Text size="sm" c="dimmed">
            {t('releases:approvals.onPlan')} <code>{ticket.plan_hash.slice(0, 12)}</code>
          </Text>
        </Group>
        {ticket.decisions.length === 0 ? (
          ticket.status === 'pending' ? <Text size="sm">{t('releases:approvals.noDecision')}</Text> : null
        ) : (
          <Stack gap={6} component="ul" p={0} m={0} style={{ listStyle: 'none' }} aria-label={t('releases:approvals.decided')}>
            {ticket.decisions.map((d) => (
              <Group key={d.approver.id} component="li" gap="xs" align="baseline">
                <Badge color={d.decision === 'approved' ? 'green' : 'red'} leftSection={d.decision === 'approved' ? <IconCheck size={12} aria-hidden /> : <IconX size={12} aria-hidden />}>
                  {t(`codes:verdict.${d.decision}`)}
                </Badge>
                <Text size="sm" fw={600}>
                  <Actor actor={d.approver} />
                </Text>
                <Text size="sm" c="dimmed">
                  <Moment at={d.at} />
                </Text>
                {d.comment === null ? null : (
                  <Text size="sm" w="100%" style={{ overflowWrap: 'anywhere' }}>
                    “{d.comment}”
                  </Text>
                )}
              </Group>
            ))}
          </Stack>
        )}
        {ticket.status === 'pending' ? <DecideBox ticket={ticket} /> : null}
      </Stack>
    </Paper>
  );
}
