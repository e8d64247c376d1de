import { ActionIcon, Indicator, Tooltip } from '@mantine/core';
import { IconInbox } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';

export function Inbox({ count }: { count: number }) {
  const { t } = useTranslation();
  const label = count === 0 ? t('inbox.none') : t('inbox.label', { count });
  return (
    <Indicator label={count > 99 ? '99+' : count} disabled={count === 0} size={17} offset={4} color="blue.8" aria-hidden={false}>
      <Tooltip label={label}>
        <ActionIcon component={Link} to="/approvals" variant="subtle" color="gray" size={36} aria-label={label}>
          <IconInbox size={20} stroke={1.7} aria-hidden />
        </ActionIcon>
      </Tooltip>
    </Indicator>
  );
}
