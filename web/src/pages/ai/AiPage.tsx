import { Text } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { serverQuery } from '../../api/modules/access';
import { assistantQueries } from '../../api/modules/assistant';
import { DataRegion } from '../../components/DataRegion';
import { Page } from '../../components/Page';
import { Conversation } from './Conversation';
import { aiRoute } from './routes';
import { Sessions } from './Sessions';
import classes from './AiPage.module.css';

/** A person's own sessions, and one of them: what is said there goes the same way as a click. */
export function AiPage() {
  const { t } = useTranslation('ai');
  const { session } = aiRoute.useSearch();
  const navigate = aiRoute.useNavigate();
  const open = (id: string | undefined) => void navigate({ search: (prev) => ({ ...prev, session: id }) });
  const sessions = useInfiniteQuery(assistantQueries.sessions());
  return (
    <Page title={t('title')}>
      <Model />
      <DataRegion query={sessions} label={t('sessions.region')}>
        {(data) => (
          <div className={classes['layout']}>
            <Sessions sessions={data.pages.flatMap((page) => page.items)} chosen={session} more={sessions.hasNextPage ? () => void sessions.fetchNextPage() : undefined} onGone={() => open(undefined)} />
            <Conversation key={session ?? 'new'} session={session} begin={data.pages[0]?.actions.find((action) => action.name === 'create')} onBegun={open} />
          </div>
        )}
      </DataRegion>
    </Page>
  );
}

/** What answers here, as the server says. */
function Model() {
  const { t } = useTranslation('ai');
  const server = useQuery(serverQuery);
  if (server.data === undefined) return null;
  const model = server.data.assistant?.model;
  return (
    <Text size="sm" c="dimmed">
      {typeof model === 'string' ? t('model.named', { model }) : t('model.none')}
    </Text>
  );
}
