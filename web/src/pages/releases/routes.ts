import { createRoute } from '@tanstack/react-router';
import { page } from '../../routes/page';
import { shellRoute } from '../../routes/root';
import { optionalFlag, optionalText, optionalTexts, optionalWord, optionalWords, search } from '../../routes/search';
import { CHANNELS, LIFECYCLE_STATES } from '../../api/words';
import { EVENT_FILTERS, STEPS } from '../../components/release/flow';

export const TABS = ['plan', 'objects', 'timeline', 'approvals', 'diagnostics', 'manifest', 'rollback'] as const;
export type Tab = (typeof TABS)[number];
export const WITHIN = ['day', 'week', 'month'] as const;

export const releasesRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/releases',
  validateSearch: search({
    status: optionalWords(LIFECYCLE_STATES),
    environment: optionalTexts,
    service: optionalTexts,
    target: optionalTexts,
    channel: optionalWords(CHANNELS),
    mine: optionalFlag,
    current: optionalFlag,
    q: optionalText,
    within: optionalWord(WITHIN),
    since: optionalText,
    until: optionalText,
  }),
  component: page(() => import('./ReleasesPage'), 'ReleasesPage', 'releases'),
});

export const releaseRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/releases/$id',
  validateSearch: search({ tab: optionalWord(TABS), resource: optionalText, event: optionalText, events: optionalWord(EVENT_FILTERS), step: optionalWord(STEPS), hunk: optionalText, to: optionalText }),
  component: page(() => import('./ReleasePage'), 'ReleasePage', 'releases'),
});

export const newReleaseRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/releases/new',
  validateSearch: search({ draft: optionalText, service: optionalText, target: optionalText, step: optionalWord(['draft', 'preview', 'submit']) }),
  component: page(() => import('./NewReleasePage'), 'NewReleasePage', 'releases', 'newRelease'),
});

export const releasesRoutes = [releasesRoute, newReleaseRoute, releaseRoute] as const;
