import { Group, Stack, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useArrival } from '../ui/useArrival';
import { useTitle } from '../ui/useTitle';

/** A route's page: its title in tab and heading, which takes focus as the route changes, and its actions beside it. */
export function Page({ title, tab, actions, children }: { title: ReactNode; tab?: string; actions?: ReactNode; children: ReactNode }) {
  const { t } = useTranslation();
  useTitle(tab ?? (typeof title === 'string' ? title : ''), t('product'));
  const heading = useArrival();
  return (
    <Stack gap="md" maw={1600} mx="auto" w="100%">
      <Group justify="space-between" align="center" wrap="wrap" gap="sm">
        {/* Shrinks before what stands beside it takes a line of its own. */}
        <Title order={1} tabIndex={-1} ref={heading} flex="1 1 10ch" miw={0}>
          {title}
        </Title>
        {actions === undefined ? null : <Group gap="xs">{actions}</Group>}
      </Group>
      {children}
    </Stack>
  );
}
