import { createRouter } from '@tanstack/react-router';
import { aiRoutes } from './pages/ai/routes';
import { approvalsRoutes } from './pages/approvals/routes';
import { auditRoutes } from './pages/audit/routes';
import { overviewRoutes } from './pages/overview/routes';
import { policiesRoutes } from './pages/policies/routes';
import { releasesRoutes } from './pages/releases/routes';
import { servicesRoutes } from './pages/services/routes';
import { settingsRoutes } from './pages/settings/routes';
import { targetsRoutes } from './pages/targets/routes';
import { rootRoute, shellRoute } from './routes/root';
import { signInRoute } from './pages/signin/routes';

/** Each area has its routes beside its pages, in `pages/AREA/routes.ts`. */
export const routeTree = rootRoute.addChildren([
  signInRoute,
  shellRoute.addChildren([
    ...overviewRoutes,
    ...releasesRoutes,
    ...approvalsRoutes,
    ...servicesRoutes,
    ...targetsRoutes,
    ...policiesRoutes,
    ...aiRoutes,
    ...auditRoutes,
    ...settingsRoutes,
  ]),
]);

export const router = createRouter({ routeTree, defaultPreload: 'intent', scrollRestoration: true });

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
