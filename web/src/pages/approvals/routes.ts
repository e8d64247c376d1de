import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { shellRoute } from '../../routes/root';

const list = createRoute({
  getParentRoute: () => shellRoute,
  path: '/approvals',
  component: lazyRouteComponent(() => import('./ApprovalsPage'), 'ApprovalsPage'),
});

export const approvalsRoutes = [list] as const;
