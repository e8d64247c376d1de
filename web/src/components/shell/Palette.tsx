import '@mantine/spotlight/styles.layer.css';
import { useMantineColorScheme } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { createSpotlight, Spotlight, type SpotlightActionData, type SpotlightActionGroupData } from '@mantine/spotlight';
import { IconSearch } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useRouterState } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { body, client } from '../../api/client';
import { keys } from '../../api/keys';
import { deployment, releaseQuery } from '../../api/modules/deployment';
import type { Release } from '../../api/types';
import { actionFor, actionOf, flowOf, openable } from '../release/flow';
import { useReleaseCommand } from '../release/useReleaseCommand';
import { useReason } from '../useReason';
import { chooseLocale, currentLocale } from '../../i18n';

/** Rows of each kind. */
const FOUND = 6;
const SETTLED_MS = 150;

const [store, palette] = createSpotlight();
/** Also before it is mounted: it comes up open. */
export const openPalette = () => palette.open();

/** Pages, commands, and whatever the server finds by name: releases, services, targets. */
export default function Palette({ onKeys }: { onKeys: () => void }) {
  const id = useRouterState({ select: (s) => /^\/releases\/([0-9a-f-]{36})$/.exec(s.location.pathname)?.[1] });
  const release = useQuery({ ...releaseQuery(id ?? ''), enabled: id !== undefined });
  return id === undefined || release.data === undefined ? <Commands onKeys={onKeys} own={NONE} /> : <OfRelease key={id} release={release.data} onKeys={onKeys} />;
}

const NONE: SpotlightActionGroupData[] = [];

/** On a release's page its commands come first: those of its buttons, which open the same sheets. */
function OfRelease({ release, onKeys }: { release: Release; onKeys: () => void }) {
  const { t } = useTranslation(['shell', 'releases']);
  const { sentences } = useReason();
  const { run } = useReleaseCommand(release);
  const { primary, secondary } = flowOf(release);
  const commands = [...(primary === undefined ? [] : [primary]), ...secondary].flatMap((command) => {
    const action = openable(actionOf(release, actionFor(command)));
    if (action === undefined) return [];
    const label = command === 'preview' && release.preview === null ? t('releases:again.preview_first') : t(`releases:again.${command}`);
    const why = action.allowed ? undefined : action.reasons.flatMap(sentences).join(' ');
    return [{ id: `command ${command}`, label, ...(why === undefined ? { onClick: () => run(command) } : { description: why, disabled: true, 'aria-disabled': true, closeSpotlightOnTrigger: false }) }];
  });
  return <Commands onKeys={onKeys} own={[{ group: t('shell:palette.release', { number: release.number }), actions: commands }]} />;
}

function Commands({ onKeys, own }: { onKeys: () => void; own: readonly SpotlightActionGroupData[] }) {
  const { t } = useTranslation(['shell', 'codes']);
  const navigate = useNavigate();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const { project } = useRouterState({ select: (s) => s.location.search as { project?: string } });
  const [typed, setTyped] = useState('');
  const [q] = useDebouncedValue(typed.trim().replace(/^#/, ''), SETTLED_MS);
  const within = project === undefined ? {} : { project: [project] };
  const found = useQuery({
    queryKey: ['palette', q, project],
    enabled: q !== '',
    staleTime: 5_000,
    queryFn: async () => {
      const query = { q, limit: FOUND, ...within };
      const [releases, services, targets] = await Promise.all([
        deployment.list({ q, ...within }, undefined, FOUND),
        body(client.GET('/api/v1/services', { params: { query } })),
        body(client.GET('/api/v1/targets', { params: { query } })),
      ]);
      return { releases: releases.items, services: services.items, targets: targets.items };
    },
    meta: { keys },
  });

  const fits = (label: string) => typed.trim().split(/\s+/).every((word) => label.toLowerCase().includes(word.toLowerCase()));
  const page = (to: '/' | '/releases' | '/approvals' | '/services' | '/targets' | '/policies' | '/ai' | '/audit' | '/settings', label: string): SpotlightActionData => ({ id: to, label, onClick: () => void navigate({ to }) });
  const pages = [
    page('/', t('nav.overview')),
    page('/releases', t('nav.releases')),
    page('/approvals', t('nav.approvals')),
    page('/services', t('nav.services')),
    page('/targets', t('nav.targets')),
    page('/policies', t('nav.policies')),
    page('/ai', t('nav.ai')),
    page('/audit', t('nav.audit')),
    page('/settings', t('nav.settings')),
  ];
  const commands: SpotlightActionData[] = [
    { id: 'new', label: t('palette.newRelease'), onClick: () => void navigate({ to: '/releases/new' }) },
    { id: 'scheme', label: t('palette.toggleScheme'), onClick: () => setColorScheme(colorScheme === 'dark' ? 'light' : 'dark') },
    { id: 'language', label: t('palette.toggleLanguage'), onClick: () => void chooseLocale(currentLocale() === 'en' ? 'zh-CN' : 'en') },
    { id: 'keys', label: t('palette.keys'), onClick: onKeys },
  ];
  const groups: SpotlightActionGroupData[] = [
    ...own.map((group) => ({ ...group, actions: group.actions.filter((each) => fits(each.label ?? '')) })),
    {
      group: t('palette.releases'),
      actions: (found.data?.releases ?? []).map((r) => ({
        id: `release ${r.id}`,
        label: `#${r.number} ${r.service.name} ${r.app_version} → ${r.target.name}`,
        description: t(`codes:lifecycle.${r.lifecycle_state}`),
        onClick: () => void navigate({ to: '/releases/$id', params: { id: r.id } }),
      })),
    },
    {
      group: t('palette.services'),
      actions: (found.data?.services ?? []).map((s) => ({ id: `service ${s.id}`, label: s.name, description: s.key, onClick: () => void navigate({ to: '/services/$id', params: { id: s.id } }) })),
    },
    {
      group: t('palette.targets'),
      actions: (found.data?.targets ?? []).map((s) => ({ id: `target ${s.id}`, label: s.name, description: s.environment.name, onClick: () => void navigate({ to: '/targets/$id', params: { id: s.id } }) })),
    },
    { group: t('palette.commands'), actions: commands.filter((c) => fits(c.label ?? '')) },
    { group: t('palette.pages'), actions: pages.filter((p) => fits(p.label ?? '')) },
  ].filter((g) => g.actions.length > 0);

  return (
    <Spotlight
      store={store}
      actions={groups}
      query={typed}
      onQueryChange={setTyped}
      // The server and `fits` have chosen already.
      filter={(_, actions) => actions}
      nothingFound={t('palette.nothing')}
      shortcut={null}
      scrollable
      maxHeight="60vh"
      attributes={{ content: { 'aria-label': t('palette.label') } }}
      searchProps={{ leftSection: <IconSearch size={18} aria-hidden />, placeholder: t('palette.placeholder'), 'aria-label': t('palette.label') }}
    />
  );
}
