import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { shellRoute } from '../../routes/root';

const list = createRoute({
  getParentRoute: () => shellRoute,
  path: '/releases',
  component: lazyRouteComponent(() => import('./ReleasesPage'), 'ReleasesPage'),
});

const one = createRoute({
  getParentRoute: () => shellRoute,
  path: '/releases/$id',
  component: lazyRouteComponent(() => import('./ReleasePage'), 'ReleasePage'),
});

const create = createRoute({
  getParentRoute: () => shellRoute,
  path: '/releases/new',
  component: lazyRouteComponent(() => import('./NewReleasePage'), 'NewReleasePage'),
});

export const releasesRoutes = [list, one, create] as const;
