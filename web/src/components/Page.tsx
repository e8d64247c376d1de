import { Group, Stack, Title } from '@mantine/core';
import { useEffect, useRef, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useTitle } from '../ui/useTitle';

/** A route's page: its title in tab and heading, which takes focus as the route changes, and its actions beside it. */
export function Page({ title, tab, actions, children }: { title: ReactNode; tab?: string; actions?: ReactNode; children: ReactNode }) {
  const { t } = useTranslation();
  useTitle(tab ?? (typeof title === 'string' ? title : ''), t('product'));
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    // Not on the first page: there, focus stays at the document's start and the skip link.
    if (document.body.dataset['moved'] !== undefined) heading.current?.focus({ preventScroll: true });
    document.body.dataset['moved'] = '';
  }, []);
  return (
    <Stack gap="md" maw={1600} mx="auto" w="100%">
      <Group justify="space-between" align="center" wrap="wrap" gap="sm">
        <Title order={1} tabIndex={-1} ref={heading}>
          {title}
        </Title>
        {actions === undefined ? null : <Group gap="xs">{actions}</Group>}
      </Group>
      {children}
    </Stack>
  );
}
