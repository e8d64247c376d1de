import { Tabs } from '@mantine/core';
import { useNavigate, useParams } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { Page } from '../../components/Page';
import { useMay } from '../../components/useMe';
import { Grants } from './Grants';
import { Password } from './Password';
import { Preferences } from './Preferences';
import { Projects } from './Projects';
import { Roles } from './Roles';
import { SECTIONS, type Section } from './routes';
import { Sessions } from './Sessions';
import { Tokens } from './Tokens';
import { Users } from './Users';

const OF: Record<Section, () => React.ReactNode> = { preferences: Preferences, password: Password, sessions: Sessions, tokens: Tokens, projects: Projects, users: Users, grants: Grants, roles: Roles };
/** Hidden from who may not read them at all. */
const READ_WITH_ACCESS = new Set<Section>(['users', 'grants', 'roles']);

export function SettingsPage() {
  const { t } = useTranslation('settings');
  const { section } = useParams({ from: '/shell/settings/$section' });
  const navigate = useNavigate();
  const mayRead = useMay('access:read');
  const shown = SECTIONS.filter((each) => mayRead || !READ_WITH_ACCESS.has(each));
  const chosen = shown.find((each) => each === section) ?? 'preferences';
  const Chosen = OF[chosen];
  return (
    <Page title={t(`section.${chosen}`)} tab={`${t(`section.${chosen}`)} · ${t('title')}`}>
      <Tabs value={chosen} onChange={(next) => void navigate({ to: '/settings/$section', params: { section: next ?? 'preferences' } })} keepMounted={false}>
        <Tabs.List aria-label={t('title')}>{shown.map((each) => <Tabs.Tab key={each} value={each}>{t(`section.${each}`)}</Tabs.Tab>)}</Tabs.List>
        <Tabs.Panel value={chosen} pt="md"><Chosen /></Tabs.Panel>
      </Tabs>
    </Page>
  );
}
