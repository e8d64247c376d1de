import { createRoute, redirect } from '@tanstack/react-router';
import { page } from '../../routes/page';
import { shellRoute } from '../../routes/root';

export const SECTIONS = ['preferences', 'password', 'sessions', 'tokens', 'projects', 'users', 'grants', 'roles'] as const;
export type Section = (typeof SECTIONS)[number];

const start = createRoute({
  getParentRoute: () => shellRoute,
  path: '/settings',
  beforeLoad: () => {
    throw redirect({ to: '/settings/$section', params: { section: 'preferences' } });
  },
});

const section = createRoute({
  getParentRoute: () => shellRoute,
  path: '/settings/$section',
  component: page(() => import('./SettingsPage'), 'SettingsPage', 'settings'),
});

export const settingsRoutes = [start, section] as const;
