import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { shellRoute } from '../../routes/root';
import { optionalFlag, optionalText, optionalWord, optionalWords, search } from '../../routes/search';
import { CHANNELS, LIFECYCLE_STATES } from '../../api/words';

export const TABS = ['plan', 'objects', 'timeline', 'approvals', 'diagnostics', 'manifest', 'rollback'] as const;
export type Tab = (typeof TABS)[number];
export const EVENT_FILTERS = ['all', 'steps', 'decisions', 'objects'] as const;

export const releasesRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/releases',
  validateSearch: search({
    status: optionalWords(LIFECYCLE_STATES),
    environment: optionalText,
    service: optionalText,
    target: optionalText,
    channel: optionalWords(CHANNELS),
    mine: optionalFlag,
    current: optionalFlag,
    q: optionalText,
    since: optionalText,
  }),
  component: lazyRouteComponent(() => import('./ReleasesPage'), 'ReleasesPage'),
});

export const releaseRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/releases/$id',
  validateSearch: search({ tab: optionalWord(TABS), resource: optionalText, event: optionalText, events: optionalWord(EVENT_FILTERS), to: optionalText }),
  component: lazyRouteComponent(() => import('./ReleasePage'), 'ReleasePage'),
});

export const newReleaseRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/releases/new',
  validateSearch: search({ draft: optionalText, service: optionalText, target: optionalText, step: optionalWord(['draft', 'preview', 'submit']) }),
  component: lazyRouteComponent(() => import('./NewReleasePage'), 'NewReleasePage'),
});

export const releasesRoutes = [releasesRoute, newReleaseRoute, releaseRoute] as const;
