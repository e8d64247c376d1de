import { createRoute } from '@tanstack/react-router';
import { page } from '../../routes/page';
import { shellRoute } from '../../routes/root';

const list = createRoute({
  getParentRoute: () => shellRoute,
  path: '/',
  component: page(() => import('./OverviewPage'), 'OverviewPage', 'overview', 'releases'),
});

export const overviewRoutes = [list] as const;
