import { Alert, Code, Group, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { CopyText } from '../../components/CopyText';

/** A secret that the server tells once. */
export function ShownOnce({ title, secret }: { title: string; secret: string }) {
  const { t } = useTranslation('settings');
  return (
    <Alert color="green" title={title} role="status">
      <Text size="sm">{t('once')}</Text>
      <Group gap="xs" mt={4} wrap="nowrap"><Code style={{ overflowWrap: 'anywhere' }}>{secret}</Code><CopyText value={secret} /></Group>
    </Alert>
  );
}
