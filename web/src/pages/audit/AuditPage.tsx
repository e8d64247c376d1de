import { Button, Group, TextInput } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { audit, auditQueries, type AuditFilters } from '../../api/modules/audit';
import type { TimelineEvent } from '../../api/types';
import { DataRegion, Empty } from '../../components/DataRegion';
import { Page } from '../../components/Page';
import { useProject } from '../../components/useProject';
import { EventTable } from './EventTable';
import { EVENT_TYPES } from '../../api/words';
import { eventLabel } from './eventLabel';
import { CHANNELS } from './routes';
import { Verify } from './Verify';
import { Choice } from '../../ui/Choice';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const NONE: TimelineEvent[] = [];

export function AuditPage() {
  const { t } = useTranslation(['audit', 'shell', 'codes']);
  const asked = useSearch({ from: '/shell/audit' });
  const project = useProject();
  const navigate = useNavigate({ from: '/audit' });
  const narrow = (next: Partial<typeof asked>) => void navigate({ search: (prev) => ({ ...prev, ...next }), replace: true });
  const filters = useMemo((): AuditFilters => {
    const instant = (text: string | undefined) => (text === undefined || Number.isNaN(Date.parse(text)) ? undefined : new Date(text).toISOString());
    const [since, until] = [instant(asked.since), instant(asked.until)];
    return {
      ...(project === undefined ? {} : { project: [project] }),
      ...(asked.channel === undefined ? {} : { channel: [asked.channel] }),
      ...(asked.event_type === undefined ? {} : { event_type: [asked.event_type] }),
      ...(asked.release === undefined || !UUID.test(asked.release) ? {} : { release: [asked.release] }),
      ...(since === undefined ? {} : { since }),
      ...(until === undefined ? {} : { until }),
    };
  }, [asked, project]);
  const list = useInfiniteQuery(auditQueries.events(filters));
  const events = useMemo(() => list.data?.pages.flatMap((page) => page.items) ?? NONE, [list.data]);
  const [pinned, setPinned] = useState<number | undefined>(undefined);
  const filtered = Object.keys(filters).length > 0;
  return (
    <Page
      title={t('title')}
      actions={<Button component="a" href={audit.exportUrl(filters)} download="audit.ndjson" variant="default" leftSection={<IconDownload size={16} aria-hidden />}>{t('export')}</Button>}
    >
      <Verify events={events} onBad={setPinned} />
      <Group gap="sm" role="search" aria-label={t('filters')} align="flex-end">
        <Choice data-filter label={t('event')} placeholder={t('any')} clearable value={asked.event_type ?? null} data={EVENT_TYPES.map((value) => ({ value, label: eventLabel(t, value) }))} onChange={(value) => narrow({ event_type: value ?? undefined })} />
        <Choice label={t('channel')} placeholder={t('any')} clearable value={asked.channel ?? null} data={CHANNELS.map((value) => ({ value, label: t(`codes:channel.${value}`) }))} onChange={(value) => narrow({ channel: (value ?? undefined) as typeof asked.channel })} />
        <TextInput label={t('release')} placeholder={t('releaseHint')} value={asked.release ?? ''} onChange={(event) => narrow({ release: event.currentTarget.value === '' ? undefined : event.currentTarget.value })} />
        <TextInput type="datetime-local" label={t('since')} value={asked.since ?? ''} onChange={(event) => narrow({ since: event.currentTarget.value === '' ? undefined : event.currentTarget.value })} />
        <TextInput type="datetime-local" label={t('until')} value={asked.until ?? ''} onChange={(event) => narrow({ until: event.currentTarget.value === '' ? undefined : event.currentTarget.value })} />
      </Group>
      <DataRegion
        query={list}
        label={t('title')}
        isEmpty={() => events.length === 0}
        empty={filtered ? <Empty title={t('shell:region.noMatch')} action={<Button variant="default" onClick={() => void navigate({ search: {} })}>{t('shell:region.clear')}</Button>} /> : <Empty title={t('none')} hint={t('noneHint')} />}
      >
        {() => <EventTable events={events} pinned={pinned} opened={asked.event} onEnd={() => { if (list.hasNextPage && !list.isFetchingNextPage) void list.fetchNextPage(); }} onOpen={(seq) => narrow({ event: seq === undefined ? undefined : String(seq) })} />}
      </DataRegion>
    </Page>
  );
}
