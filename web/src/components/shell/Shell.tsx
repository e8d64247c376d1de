import { Burger, Group } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, Outlet, useNavigate, useRouterState } from '@tanstack/react-router';
import { lazy, Suspense, useCallback, useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { keys } from '../../api/keys';
import { startLive } from '../../api/live';
import { deployment } from '../../api/modules/deployment';
import { WaitingCount } from '../../ui/useTitle';
import { useFocusKept } from '../../ui/useFocusKept';
import { useShortcuts } from '../../ui/useShortcuts';
import { SheetProvider } from '../release/SheetProvider';
import { useMe, useSession } from '../useMe';
import { Inbox } from './Inbox';
import { LiveBadge, LiveBanner } from './LiveBadge';
import { MainNav } from './MainNav';
import { PaletteButton } from './PaletteButton';
import { ProjectSwitch } from './ProjectSwitch';
import { UserMenu } from './UserMenu';
import classes from './Shell.module.css';

// What few visits need is fetched when it is asked for.
const Palette = lazy(() => import('./Palette'));
const NavDrawer = lazy(() => import('./NavDrawer'));
const SessionSheet = lazy(() => import('./SessionSheet'));
const Keys = lazy(() => import('./Keys'));

/** More than this is shown as "99+" and not counted further. */
const COUNTED = 100;

/** What stands around every page. */
export function Shell() {
  const me = useMe();
  const queries = useQueryClient();
  const { t } = useTranslation();
  const [drawer, { toggle, close }] = useDisclosure(false);
  const [help, setHelp] = useState(false);
  const [searched, setSearched] = useState(false);
  const { state } = useSession();
  const path = useRouterState({ select: (s) => s.location.pathname });
  const { project } = useRouterState({ select: (s) => s.location.search as { project?: string } });

  useEffect(() => startLive(queries, me.user.id), [queries, me.user.id]);
  const [shownPath, setShownPath] = useState(path);
  if (shownPath !== path) {
    setShownPath(path);
    close();
  }

  const waiting = useQuery({
    queryKey: keys.list('approval', { mine: true, count: true, project }),
    queryFn: () => deployment.tickets({ mine: true, status: ['pending'], ...(project === undefined ? {} : { project: [project] }) }, undefined, COUNTED),
    select: (list) => list.items.length,
  });

  const search = useCallback(() => {
    setSearched(true);
    void import('./Palette').then(({ openPalette }) => openPalette());
  }, []);
  const navigate = useNavigate();
  const shortcuts = useMemo(
    () => ({
      '?': () => setHelp(true),
      '/': () => document.querySelector<HTMLElement>('[data-filter]')?.focus(),
      c: () => void navigate({ to: '/releases/new' }),
      'g o': () => void navigate({ to: '/' }),
      'g r': () => void navigate({ to: '/releases' }),
      'g a': () => void navigate({ to: '/approvals' }),
      'g s': () => void navigate({ to: '/services' }),
      'g t': () => void navigate({ to: '/targets' }),
      'g p': () => void navigate({ to: '/policies' }),
      'g i': () => void navigate({ to: '/ai' }),
      'g l': () => void navigate({ to: '/audit' }),
    }),
    [navigate],
  );
  useShortcuts(shortcuts);
  useFocusKept();
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() === 'k' && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        search();
      }
    };
    document.addEventListener('keydown', pressed);
    return () => document.removeEventListener('keydown', pressed);
  }, [search]);

  const count = waiting.data ?? 0;
  return (
    <WaitingCount value={count}>
      <SheetProvider>
        <a href="#main" className="skip-link">
          {t('skip')}
        </a>
        <div className={classes['shell']}>
          <header className={classes['header']}>
            <Group gap="xs" wrap="nowrap" className={classes['start']}>
              <Burger opened={drawer} onClick={toggle} hiddenFrom="sm" size="sm" aria-label={t('nav.open')} aria-expanded={drawer} />
              <Link to="/" className={classes['brand']} aria-label={t('product')}>
                <img src="/favicon.svg" alt="" width={26} height={26} />
                <span className={classes['brandText']}>{t('product')}</span>
              </Link>
              <ProjectSwitch />
            </Group>
            <Group gap="xs" wrap="nowrap">
              <PaletteButton onOpen={search} />
              <LiveBadge />
              <Inbox count={count} />
              <UserMenu />
            </Group>
          </header>
          <nav className={classes['navbar']} aria-label={t('nav.label')}>
            <MainNav waiting={count} />
          </nav>
          <main id="main" tabIndex={-1} className={classes['main']}>
            <LiveBanner />
            <Suspense fallback={null}>
              <Outlet />
            </Suspense>
          </main>
        </div>
        <Suspense fallback={null}>
          {drawer ? <NavDrawer waiting={count} onClose={close} /> : null}
          {state === 'ended' ? <SessionSheet /> : null}
          {searched ? <Palette onKeys={() => setHelp(true)} /> : null}
          {help ? <Keys onClose={() => setHelp(false)} /> : null}
        </Suspense>
      </SheetProvider>
    </WaitingCount>
  );
}
