import { Card, Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { catalogueQueries } from '../../api/modules/catalogue';
import { DataRegion, Empty } from '../../components/DataRegion';
import { Moment } from '../../components/Moment';
import { ChangeList } from './ChangeList';

/** Who changed what, newest first. */
export function PolicyHistory({ environmentId }: { environmentId: string }) {
  const { t } = useTranslation('policies');
  const list = useQuery(catalogueQueries.policyRevisions(environmentId));
  return (
    <DataRegion query={list} label={t('tab.history')} isEmpty={(found) => found.items.length === 0} empty={<Empty title={t('noHistory')} />}>
      {(found) => (
        <Stack gap="sm" maw={960}>
          {found.items.map((revision) => (
            <Card withBorder key={revision.number}>
              <Group gap="sm" mb="xs"><Text component="h3" fw={600}>{t('revisionNumber', { number: revision.number })}</Text><Text size="sm" c="dimmed">{revision.by.name} · <Moment at={revision.at} /></Text></Group>
              {revision.changed.length === 0 ? <Text size="sm" c="dimmed">{t('first')}</Text> : <ChangeList changes={revision.changed} />}
            </Card>
          ))}
        </Stack>
      )}
    </DataRegion>
  );
}
