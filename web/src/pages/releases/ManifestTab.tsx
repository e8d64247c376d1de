import { Code, Group, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { manifestQuery } from '../../api/modules/deployment';
import type { Release } from '../../api/types';
import { CopyText } from '../../components/CopyText';
import { DataRegion } from '../../components/DataRegion';

export function ManifestTab({ release }: { release: Release }) {
  const { t } = useTranslation('releases');
  const manifest = useQuery(manifestQuery(release.id));
  return (
    <DataRegion query={manifest} label={t('manifest.region')}>
      {({ files, documents }) => (
        <Stack>
          <Title order={2}>{t('manifest.files')}</Title>
          {files.map((file) => (
            <TextBlock key={file.path} name={file.path} text={file.content} />
          ))}
          <Title order={2}>{t('manifest.documents')}</Title>
          {documents.length === 0 ? (
            <Text size="sm" c="dimmed">
              {t('manifest.noneHint')}
            </Text>
          ) : (
            documents.map((document) => <TextBlock key={document.key} name={document.key} text={document.text} />)
          )}
        </Stack>
      )}
    </DataRegion>
  );
}

function TextBlock({ name, text }: { name: string; text: string }) {
  const { t } = useTranslation('releases');
  return (
    <div>
      <Group gap={4} mb={4}>
        <Text size="sm" fw={600} style={{ overflowWrap: 'anywhere' }}>
          <code>{name}</code>
        </Text>
        <CopyText value={text} />
      </Group>
      <Code block tabIndex={0} role="region" aria-label={t('manifest.file', { name })} style={{ maxHeight: 480, overflow: 'auto' }}>
        {text}
      </Code>
    </div>
  );
}
