import { Button, Checkbox, Group, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { memo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { catalogueQueries } from '../../api/modules/catalogue';
import { CHANNELS, LIFECYCLE_STATES } from '../../api/words';
import { useProject } from '../../components/useProject';
import { FilterMenu } from '../../ui/FilterMenu';
import { WITHIN, type releasesRoute } from './routes';

type Found = ReturnType<typeof releasesRoute.useSearch>;
type Props = { found: Found; set: (part: Partial<Found>) => void; filtered: boolean; onClear: () => void };

const SETTLED_MS = 250;
const DAY_MS = 86_400_000;
export const WITHIN_MS: Record<(typeof WITHIN)[number], number> = { day: DAY_MS, week: 7 * DAY_MS, month: 30 * DAY_MS };

const some = <V,>(values: V[]) => (values.length === 0 ? undefined : values);
const named = (items: readonly { id: string; name: string }[]) => items.map((each) => ({ value: each.id, label: each.name }));

/** What a list of releases is narrowed by; all of it stands in the address. */
export const Filters = memo(function Filters({ found, set, filtered, onClear }: Props) {
  const { t } = useTranslation(['releases', 'codes', 'shell']);
  const project = useProject();
  const within = project === undefined ? {} : { project };
  const environments = useQuery(catalogueQueries.environments(project));
  const services = useInfiniteQuery(catalogueQueries.services(within));
  const targets = useInfiniteQuery(catalogueQueries.targets(within));
  const [typed, setTyped] = useState(found.q ?? '');
  const search = useDebouncedCallback((q: string) => set({ q: q.trim() === '' ? undefined : q.trim() }), SETTLED_MS);
  const clear = t('shell:region.clear');
  return (
    <Group gap="xs" role="search" aria-label={t('releases:list.filters')}>
      <TextInput
        data-filter=""
        flex="1 1 260px"
        leftSection={<IconSearch size={16} aria-hidden />}
        aria-label={t('releases:list.filterLabel')}
        placeholder={t('releases:list.filter')}
        value={typed}
        onChange={(e) => {
          setTyped(e.currentTarget.value);
          search(e.currentTarget.value);
        }}
      />
      <FilterMenu label={t('releases:list.states')} clear={clear} options={LIFECYCLE_STATES.map((value) => ({ value, label: t(`codes:lifecycle.${value}`) }))} chosen={found.status ?? []} onChange={(status) => set({ status: some(status) })} />
      <FilterMenu label={t('releases:list.environment')} clear={clear} options={named(environments.data?.items ?? [])} chosen={found.environment ?? []} onChange={(environment) => set({ environment: some(environment) })} />
      <FilterMenu label={t('releases:list.service')} clear={clear} options={named(services.data?.pages.flatMap((page) => page.items) ?? [])} chosen={found.service ?? []} onChange={(service) => set({ service: some(service) })} />
      <FilterMenu label={t('releases:list.target')} clear={clear} options={named(targets.data?.pages.flatMap((page) => page.items) ?? [])} chosen={found.target ?? []} onChange={(target) => set({ target: some(target) })} />
      <FilterMenu label={t('releases:list.channel')} clear={clear} options={CHANNELS.map((value) => ({ value, label: t(`codes:channel.${value}`) }))} chosen={found.channel ?? []} onChange={(channel) => set({ channel: some(channel) })} />
      <FilterMenu
        label={t('releases:list.time')}
        clear={clear}
        options={WITHIN.map((value) => ({ value, label: t(`releases:list.within.${value}`) }))}
        chosen={found.within === undefined ? [] : [found.within]}
        // One of them at a time: the last one ticked.
        onChange={(chosen) => set({ within: chosen.at(-1), since: undefined, until: undefined })}
      />
      <Checkbox label={t('releases:list.mine')} checked={found.mine === true} onChange={(e) => set({ mine: e.currentTarget.checked || undefined })} py={8} />
      <Checkbox label={t('releases:list.current')} checked={found.current === true} onChange={(e) => set({ current: e.currentTarget.checked || undefined })} py={8} />
      {filtered ? (
        <Button
          variant="subtle"
          color="gray"
          onClick={() => {
            setTyped('');
            onClear();
          }}
        >
          {clear}
        </Button>
      ) : null}
    </Group>
  );
});
