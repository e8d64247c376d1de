import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { shellRoute } from '../../routes/root';
import { optionalText, search } from '../../routes/search';

const list = createRoute({
  getParentRoute: () => shellRoute,
  path: '/targets',
  validateSearch: search({ q: optionalText, environment: optionalText }),
  component: lazyRouteComponent(() => import('./TargetsPage'), 'TargetsPage'),
});

const made = createRoute({
  getParentRoute: () => shellRoute,
  path: '/targets/new',
  component: lazyRouteComponent(() => import('./NewTargetPage'), 'NewTargetPage'),
});

const one = createRoute({
  getParentRoute: () => shellRoute,
  path: '/targets/$id',
  component: lazyRouteComponent(() => import('./TargetPage'), 'TargetPage'),
});

export const targetsRoutes = [list, made, one] as const;
