import { useInfiniteQuery } from '@tanstack/react-query';
import { Stack, Title } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { ticketsQuery } from '../../api/modules/deployment';
import type { Release } from '../../api/types';
import { TicketCard } from './TicketCard';
import { DataRegion, Empty } from '../DataRegion';

/** The requests for approval of a release, the newest first; who may decides here. */
export function ApprovalsPanel({ release }: { release: Release }) {
  const { t } = useTranslation('releases');
  const tickets = useInfiniteQuery(ticketsQuery({ release: [release.id] }));
  const empty =
    release.approval.status === 'not_required' || release.approval.required === 0 ? (
      <Empty title={t('approvals.none')} hint={t('approvals.noneHint', { environment: release.environment.name })} />
    ) : (
      <Empty title={t('approvals.notYet')} hint={t('approvals.notYetHint')} />
    );
  return (
    <DataRegion query={tickets} label={t('approvals.region')} isEmpty={(d) => d.pages.every((p) => p.items.length === 0)} empty={empty}>
      {(data) => {
        const [newest, ...earlier] = data.pages.flatMap((p) => p.items);
        if (newest === undefined) return empty;
        return (
          <Stack>
            <TicketCard ticket={newest} />
            {earlier.length === 0 ? null : (
              <>
                <Title order={2}>{t('approvals.earlier')}</Title>
                {earlier.map((ticket) => (
                  <TicketCard key={ticket.id} ticket={ticket} />
                ))}
              </>
            )}
          </Stack>
        );
      }}
    </DataRegion>
  );
}
