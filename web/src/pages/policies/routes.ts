import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { shellRoute } from '../../routes/root';

const list = createRoute({
  getParentRoute: () => shellRoute,
  path: '/policies',
  component: lazyRouteComponent(() => import('./PoliciesPage'), 'PoliciesPage'),
});

export const policiesRoutes = [list] as const;
