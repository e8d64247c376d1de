import { Button, Stack, Text, Title } from '@mantine/core';
import { IconInbox } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { ticketsQuery, type TicketFilters } from '../../api/modules/deployment';
import type { Ticket } from '../../api/types';
import { DataRegion, Empty } from '../../components/DataRegion';
import { Page } from '../../components/Page';
import { useProject } from '../../components/useProject';
import { Segments } from '../../ui/Segments';
import { approvalsRoute } from './routes';
import { TicketRow } from './TicketRow';
import classes from './TicketRow.module.css';

/** What the caller can decide, production last to be missed: grouped by environment, oldest first within one. */
export function ApprovalsPage() {
  const { t } = useTranslation(['approvals', 'shell']);
  const { show, ticket: opened } = approvalsRoute.useSearch();
  const navigate = approvalsRoute.useNavigate();
  const project = useProject();
  const filters: TicketFilters = {
    ...(show === 'closed' ? { status: ['approved', 'rejected', 'expired', 'voided', 'withdrawn'] } : { mine: true, status: ['pending'] }),
    ...(project === undefined ? {} : { project: [project] }),
  };
  const tickets = useInfiniteQuery(ticketsQuery(filters));
  return (
    <Page title={t('approvals:title')}>
      <Segments
        className={classes['filter']}
        label={t('approvals:state')}
        value={show ?? 'mine'}
        onChange={(value) => void navigate({ search: (prev) => ({ ...prev, show: value === 'closed' ? 'closed' : undefined, ticket: undefined }) })}
        options={[
          { value: 'mine', label: t('approvals:mine') },
          { value: 'closed', label: t('approvals:closed') },
        ]}
      />
      <DataRegion
        query={tickets}
        label={t('approvals:region')}
        isEmpty={(d) => d.pages.every((p) => p.items.length === 0)}
        empty={
          <Empty
            icon={<IconInbox size={32} aria-hidden />}
            title={t('approvals:none')}
            hint={t('approvals:noneHint')}
            action={
              <Button component={Link} to="/releases?status=%5B%22pending_approval%22%5D" variant="default">
                {t('approvals:all')}
              </Button>
            }
          />
        }
      >
        {(data) => (
          <Stack gap="xl">
            {[...byEnvironment(data.pages.flatMap((p) => p.items))].map(([id, group]) => (
              <section key={id} aria-labelledby={`environment-${id}`}>
                <Title order={2} id={`environment-${id}`} mb="xs">
                  {t('approvals:inEnvironment', { name: group[0]?.release.environment.name, count: group.length })}
                </Title>
                <Stack gap="sm">
                  {group.map((ticket) => (
                    <TicketRow key={ticket.id} ticket={ticket} open={ticket.id === opened} onToggle={() => void navigate({ search: (prev) => ({ ...prev, ticket: ticket.id === opened ? undefined : ticket.id }), replace: true })} />
                  ))}
                </Stack>
              </section>
            ))}
            {tickets.hasNextPage ? (
              <Button variant="default" loading={tickets.isFetchingNextPage} onClick={() => void tickets.fetchNextPage()}>
                {t('shell:action.loadMore')}
              </Button>
            ) : null}
            {show === 'closed' ? null : (
              <Text size="sm" c="dimmed">
                {t('approvals:lead')}
              </Text>
            )}
          </Stack>
        )}
      </DataRegion>
    </Page>
  );
}

const FIRST = { production: 0, staging: 1, development: 2 } as const;

function byEnvironment(tickets: Ticket[]): Map<string, Ticket[]> {
  const ordered = [...tickets].sort((a, b) => FIRST[a.release.environment.kind] - FIRST[b.release.environment.kind] || a.requested_at.localeCompare(b.requested_at));
  const groups = new Map<string, Ticket[]>();
  for (const ticket of ordered) {
    const { id } = ticket.release.environment;
    groups.set(id, [...(groups.get(id) ?? []), ticket]);
  }
  return groups;
}
