import { createRoute } from '@tanstack/react-router';
import { page } from '../../routes/page';
import { shellRoute } from '../../routes/root';
import { optionalText, optionalWord, search } from '../../routes/search';

export const CHANNELS = ['ui', 'api', 'cli', 'ci', 'ai', 'mcp', 'system'] as const;

const list = createRoute({
  getParentRoute: () => shellRoute,
  path: '/audit',
  validateSearch: search({ channel: optionalWord(CHANNELS), event_type: optionalText, release: optionalText, since: optionalText, until: optionalText, event: optionalText }),
  component: page(() => import('./AuditPage'), 'AuditPage', 'audit'),
});

export const auditRoutes = [list] as const;
