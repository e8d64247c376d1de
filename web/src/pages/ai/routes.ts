import { createRoute } from '@tanstack/react-router';
import { page } from '../../routes/page';
import { shellRoute } from '../../routes/root';
import { optionalText, search } from '../../routes/search';

/** Without a session: the next text begins one. */
export const aiRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/ai',
  validateSearch: search({ session: optionalText }),
  component: page(() => import('./AiPage'), 'AiPage', 'ai', 'releases'),
});

export const aiRoutes = [aiRoute] as const;
