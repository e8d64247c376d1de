import { Badge } from '@mantine/core';
import { IconChecklist, IconCube, IconGavel, IconHistory, IconLayoutDashboard, IconRocket, IconServer2, IconSettings, IconTerminal2 } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import classes from './Shell.module.css';

const ITEMS = [
  { to: '/', key: 'overview', icon: IconLayoutDashboard },
  { to: '/releases', key: 'releases', icon: IconRocket },
  { to: '/approvals', key: 'approvals', icon: IconChecklist },
  { to: '/services', key: 'services', icon: IconCube },
  { to: '/targets', key: 'targets', icon: IconServer2 },
  { to: '/policies', key: 'policies', icon: IconGavel },
  { to: '/ai', key: 'ai', icon: IconTerminal2 },
  { to: '/audit', key: 'audit', icon: IconHistory },
  { to: '/settings', key: 'settings', icon: IconSettings },
] as const;

export function MainNav({ waiting }: { waiting: number }) {
  const { t } = useTranslation();
  return (
    <ul className={classes['nav']}>
      {ITEMS.map(({ to, key, icon: Icon }) => (
        <li key={key}>
          <Link to={to} search={(prev: { project?: string }) => (prev.project === undefined ? {} : { project: prev.project })} className={classes['link']} activeOptions={{ exact: to === '/', includeSearch: false }}>
            <Icon size={18} stroke={1.7} aria-hidden />
            <span>{t(`nav.${key}`)}</span>
            {key === 'approvals' && waiting > 0 ? (
              <Badge size="sm" color="blue" variant="filled" aria-label={t('inbox.label', { count: waiting })}>
                {waiting > 99 ? '99+' : waiting}
              </Badge>
            ) : null}
          </Link>
        </li>
      ))}
    </ul>
  );
}
