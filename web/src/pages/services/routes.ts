import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { shellRoute } from '../../routes/root';
import { optionalText, optionalWord, search } from '../../routes/search';

export const RUNTIMES = ['compose', 'kubernetes'] as const;
export const SERVICE_TABS = ['environments', 'files', 'revisions'] as const;

const list = createRoute({
  getParentRoute: () => shellRoute,
  path: '/services',
  validateSearch: search({ q: optionalText, runtime_type: optionalWord(RUNTIMES) }),
  component: lazyRouteComponent(() => import('./ServicesPage'), 'ServicesPage'),
});

const made = createRoute({
  getParentRoute: () => shellRoute,
  path: '/services/new',
  component: lazyRouteComponent(() => import('./NewServicePage'), 'NewServicePage'),
});

const one = createRoute({
  getParentRoute: () => shellRoute,
  path: '/services/$id',
  validateSearch: search({ tab: optionalWord(SERVICE_TABS), revision: optionalText }),
  component: lazyRouteComponent(() => import('./ServicePage'), 'ServicePage'),
});

export const servicesRoutes = [list, made, one] as const;
