import { List, Paper, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { body, client } from '../../api/client';
import { keys } from '../../api/keys';
import { deployment } from '../../api/modules/deployment';

/** The way to the first release, until there is one. */
export function FirstRun() {
  const { t } = useTranslation('overview');
  const releases = useQuery({ queryKey: keys.list('release', { any: true }), queryFn: () => deployment.list({}, undefined, 1), select: (d) => d.items.length });
  const none = releases.data === 0;
  const services = useQuery({ queryKey: keys.list('service', { any: true }), queryFn: () => body(client.GET('/api/v1/services', { params: { query: { limit: 1 } } })), select: (d) => d.items.length > 0, enabled: none });
  const targets = useQuery({ queryKey: keys.list('target', { any: true }), queryFn: () => body(client.GET('/api/v1/targets', { params: { query: { limit: 1 } } })), select: (d) => d.items.length > 0, enabled: none });
  if (!none) return null;
  const done = (is: boolean | undefined) => (is === true ? ` (${t('first.done')})` : '');
  return (
    <Paper component="section" withBorder radius="lg" p="md" bg="var(--surface)">
      <Title order={2} mb="sm">
        {t('first.title')}
      </Title>
      <List type="ordered" size="sm" spacing="xs">
        <List.Item>
          <Link to="/targets" className="text-link">
            {t('first.target')}
          </Link>
          {done(targets.data)}
        </List.Item>
        <List.Item>
          <Link to="/services" className="text-link">
            {t('first.service')}
          </Link>
          {done(services.data)}
        </List.Item>
        <List.Item>
          <Link to="/releases/new" className="text-link">
            {t('first.release')}
          </Link>
        </List.Item>
      </List>
    </Paper>
  );
}
