import { createRoute } from '@tanstack/react-router';
import { page } from '../../routes/page';
import { shellRoute } from '../../routes/root';
import { optionalText, optionalWord, search } from '../../routes/search';

export const POLICY_TABS = ['policy', 'history'] as const;

const list = createRoute({
  getParentRoute: () => shellRoute,
  path: '/policies',
  validateSearch: search({ environment: optionalText, tab: optionalWord(POLICY_TABS) }),
  component: page(() => import('./PoliciesPage'), 'PoliciesPage', 'policies'),
});

export const policiesRoutes = [list] as const;
