import { Alert, Button, Code, Stack } from '@mantine/core';
import { useTranslation } from 'react-i18next';

/** What a page that threw shows in its place. */
export function Crash({ error }: { error: unknown }) {
  const { t } = useTranslation();
  return (
    <Stack p="lg" maw={720}>
      <Alert color="red" role="alert" title={t('crash.title')}>
        {t('crash.lead')}
      </Alert>
      <Code block>{error instanceof Error ? error.message : String(error)}</Code>
      <Button w="fit-content" onClick={() => location.reload()}>
        {t('crash.reload')}
      </Button>
    </Stack>
  );
}
