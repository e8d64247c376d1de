import { createRoute } from '@tanstack/react-router';
import { page } from '../../routes/page';
import { shellRoute } from '../../routes/root';
import { optionalText, optionalWord, search } from '../../routes/search';

export const RUNTIMES = ['compose', 'kubernetes'] as const;
export const SERVICE_TABS = ['environments', 'files', 'revisions'] as const;

const list = createRoute({
  getParentRoute: () => shellRoute,
  path: '/services',
  validateSearch: search({ q: optionalText, runtime_type: optionalWord(RUNTIMES) }),
  component: page(() => import('./ServicesPage'), 'ServicesPage', 'services'),
});

const made = createRoute({
  getParentRoute: () => shellRoute,
  path: '/services/new',
  component: page(() => import('./NewServicePage'), 'NewServicePage', 'services'),
});

const one = createRoute({
  getParentRoute: () => shellRoute,
  path: '/services/$id',
  validateSearch: search({ tab: optionalWord(SERVICE_TABS), revision: optionalText }),
  component: page(() => import('./ServicePage'), 'ServicePage', 'services'),
});

export const servicesRoutes = [list, made, one] as const;
