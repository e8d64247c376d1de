import { Outlet, createRootRoute, createRoute, redirect } from '@tanstack/react-router';
import { access } from '../api/modules/access';
import { isApiError } from '../api/problem';
import { session } from '../api/session';
import { Crash } from '../components/shell/Crash';
import { NotFound } from '../components/shell/NotFound';
import { page } from './page';
import { optionalText, search } from './search';

export const rootRoute = createRootRoute({ component: Outlet, notFoundComponent: NotFound, errorComponent: Crash });

/** Everything behind the sign-in. `?project=` is a project's id; without it, all of them. */
export const shellRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: 'shell',
  validateSearch: search({ project: optionalText }),
  // The answer is said, since the router's own type is made from this route.
  beforeLoad: async ({ location }): Promise<void> => {
    if (session.get().state === 'in' || session.get().state === 'ended') return;
    try {
      const me = await access.me();
      if (!me.must_change_password) return;
    } catch (error) {
      if (!isApiError(error) || error.status !== 401) throw error;
    }
    throw redirect({ to: '/login', search: { next: location.href } });
  },
  component: page(() => import('../components/shell/Shell'), 'Shell'),
  errorComponent: Crash,
  notFoundComponent: NotFound,
});
