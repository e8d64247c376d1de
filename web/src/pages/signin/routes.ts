import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { rootRoute } from '../../routes/root';
import { optionalText, search } from '../../routes/search';

export const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/login',
  validateSearch: search({ next: optionalText }),
  component: lazyRouteComponent(() => import('./SignInPage'), 'SignInPage'),
});
