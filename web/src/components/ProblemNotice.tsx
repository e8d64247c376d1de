import { Alert, Button, Group, List, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { isApiError } from '../api/problem';
import { CopyText } from './CopyText';
import { useReason } from './useReason';

/** An error as people read it: what, why, what to do next, and the trace id for whoever looks into it. */
export function ProblemNotice({ error, retry, title }: { error: unknown; retry?: () => void; title?: string }) {
  const { t } = useTranslation(['shell', 'codes']);
  const reason = useReason();
  const api = isApiError(error) ? error : undefined;
  const code = api?.code ?? 'internal';
  const why = api?.reason;
  const trace = api?.problem?.trace_id ?? undefined;
  const detail = why === undefined ? (api?.problem?.detail ?? (error instanceof Error ? error.message : String(error))) : undefined;
  return (
    <Alert color="red" role="alert" icon={<IconAlertTriangle aria-hidden />} title={title ?? t(`codes:problem.${code}`)}>
      {title === undefined ? null : <Text size="sm">{t(`codes:problem.${code}`)}</Text>}
      {why === undefined ? null : (
        <Text size="sm">
          {t('action.sentence', { text: reason.why(why) })} {reason.next(why)}
        </Text>
      )}
      {detail === undefined ? null : <Text size="sm" style={{ overflowWrap: 'anywhere' }}>{detail}</Text>}
      {api?.problem?.errors === undefined || api.problem.errors.length === 0 ? null : (
        <List size="sm" mt="xs">
          {api.problem.errors.map((each) => (
            <List.Item key={`${each.pointer} ${each.message}`}>
              <code>{[each.file, each.line, each.column].filter((x) => x !== undefined && x !== null).join(':') || each.pointer}</code> {each.message}
            </List.Item>
          ))}
        </List>
      )}
      <Group gap="md" mt={retry === undefined && trace === undefined ? 0 : 'xs'}>
        {retry === undefined ? null : (
          <Button size="xs" variant="default" onClick={retry}>
            {t('region.retry')}
          </Button>
        )}
        {trace === undefined ? null : (
          <Group gap={4}>
            <Text size="xs" c="dimmed">
              {t('region.trace')} <code>{trace.slice(0, 12)}</code>
            </Text>
            <CopyText value={trace} label={t('region.copyTrace')} />
          </Group>
        )}
      </Group>
    </Alert>
  );
}
