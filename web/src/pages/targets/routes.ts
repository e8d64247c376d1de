import { createRoute } from '@tanstack/react-router';
import { page } from '../../routes/page';
import { shellRoute } from '../../routes/root';
import { optionalText, search } from '../../routes/search';

const list = createRoute({
  getParentRoute: () => shellRoute,
  path: '/targets',
  validateSearch: search({ q: optionalText, environment: optionalText }),
  component: page(() => import('./TargetsPage'), 'TargetsPage', 'targets'),
});

const made = createRoute({
  getParentRoute: () => shellRoute,
  path: '/targets/new',
  component: page(() => import('./NewTargetPage'), 'NewTargetPage', 'targets'),
});

const one = createRoute({
  getParentRoute: () => shellRoute,
  path: '/targets/$id',
  component: page(() => import('./TargetPage'), 'TargetPage', 'targets'),
});

export const targetsRoutes = [list, made, one] as const;
