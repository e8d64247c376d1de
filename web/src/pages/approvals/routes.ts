import { createRoute } from '@tanstack/react-router';
import { page } from '../../routes/page';
import { shellRoute } from '../../routes/root';
import { optionalText, optionalWord, search } from '../../routes/search';

export const approvalsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/approvals',
  validateSearch: search({ show: optionalWord(['closed']), ticket: optionalText }),
  component: page(() => import('./ApprovalsPage'), 'ApprovalsPage', 'approvals', 'releases'),
});

export const approvalsRoutes = [approvalsRoute] as const;
