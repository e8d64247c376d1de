import { createRoute } from '@tanstack/react-router';
import { page } from '../../routes/page';
import { rootRoute } from '../../routes/root';
import { optionalText, search } from '../../routes/search';

export const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/login',
  validateSearch: search({ next: optionalText }),
  component: page(() => import('./SignInPage'), 'SignInPage', 'signIn'),
});
