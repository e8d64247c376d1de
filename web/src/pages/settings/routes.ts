import { createRoute, lazyRouteComponent, redirect } from '@tanstack/react-router';
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
  component: lazyRouteComponent(() => import('./SettingsPage'), 'SettingsPage'),
});

export const settingsRoutes = [start, section] as const;
