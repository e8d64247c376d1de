import { useNavigate, useParams } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { Page } from '../../components/Page';
import { useMay } from '../../components/useMe';
import { Tabs } from '../../ui/Tabs';
import { SECTIONS, type Section } from './routes';

const OF: Record<Section, React.LazyExoticComponent<React.ComponentType>> = {
  preferences: lazy(() => import('./Preferences').then((m) => ({ default: m.Preferences }))),
  password: lazy(() => import('./Password').then((m) => ({ default: m.Password }))),
  sessions: lazy(() => import('./Sessions').then((m) => ({ default: m.Sessions }))),
  tokens: lazy(() => import('./Tokens').then((m) => ({ default: m.Tokens }))),
  projects: lazy(() => import('./Projects').then((m) => ({ default: m.Projects }))),
  users: lazy(() => import('./Users').then((m) => ({ default: m.Users }))),
  grants: lazy(() => import('./Grants').then((m) => ({ default: m.Grants }))),
  roles: lazy(() => import('./Roles').then((m) => ({ default: m.Roles }))),
};
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
      <Tabs label={t('title')} value={chosen} tabs={shown.map((value) => ({ value, label: t(`section.${value}`) }))} onChange={(next) => void navigate({ to: '/settings/$section', params: { section: next } })}>
        <Suspense fallback={<div aria-busy="true" />}><Chosen /></Suspense>
      </Tabs>
    </Page>
  );
}
