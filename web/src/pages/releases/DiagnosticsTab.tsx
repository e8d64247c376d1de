import { Alert, Badge, Code, Group, List, Paper, Stack, Text, Title } from '@mantine/core';
import { IconBulb } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { diagnosticsQuery } from '../../api/modules/deployment';
import type { Diagnostic, Release } from '../../api/types';
import { DataRegion, Empty } from '../../components/DataRegion';
import { Moment } from '../../components/Moment';
import { ReleaseActions } from './ReleaseActions';

/** Why it failed: the cause first, what to do, then the evidence. */
export function DiagnosticsTab({ release }: { release: Release }) {
  const { t } = useTranslation('releases');
  const found = useQuery(diagnosticsQuery(release.id));
  const well = release.lifecycle_state === 'applied';
  return (
    <DataRegion query={found} label={t('diagnostics.region')} isEmpty={(d) => d.items.length === 0} empty={<Empty title={t(well ? 'diagnostics.healthy' : 'diagnostics.none')} hint={t('diagnostics.noneHint')} />}>
      {({ items }) => {
        const [cause, ...others] = items;
        if (cause === undefined) return null;
        return (
          <Stack>
            <Finding diagnostic={cause} first />
            {release.lifecycle_state === 'failed' ? <ReleaseActions release={release} /> : null}
            {others.length === 0 ? null : <Title order={2}>{t('diagnostics.others')}</Title>}
            {others.map((each) => (
              <Finding key={each.id} diagnostic={each} />
            ))}
          </Stack>
        );
      }}
    </DataRegion>
  );
}

function Finding({ diagnostic, first = false }: { diagnostic: Diagnostic; first?: boolean }) {
  const { t } = useTranslation(['releases', 'codes']);
  const { resource, evidence } = diagnostic;
  const where = [resource.kind, resource.name, resource.container].filter((x) => x !== null && x !== undefined && x !== '').join(' / ');
  const facts: [string, string][] = [];
  if (evidence.exit_code !== null && evidence.exit_code !== undefined) facts.push([t('releases:diagnostics.exit'), String(evidence.exit_code)]);
  if (evidence.oom_killed === true) facts.push([t('releases:diagnostics.oom'), t('releases:diagnostics.yes')]);
  if (evidence.restart_count !== null && evidence.restart_count !== undefined) facts.push([t('releases:diagnostics.restarts'), String(evidence.restart_count)]);
  return (
    <Paper withBorder radius="lg" p="md" bg="var(--surface)" data-testid="diagnostic">
      <Stack gap="sm">
        <Group justify="space-between" align="flex-start" wrap="wrap">
          <Group gap="xs">
            <Badge color={diagnostic.severity === 'error' ? 'red' : diagnostic.severity === 'warning' ? 'orange' : 'gray'}>{t(`codes:diagnostic.${diagnostic.code}`)}</Badge>
            <Text size="sm" c="dimmed">
              {where}
            </Text>
          </Group>
          <Text size="xs" c="dimmed">
            <Moment at={diagnostic.collected_at} />
          </Text>
        </Group>
        <Title order={first ? 2 : 3} style={{ overflowWrap: 'anywhere' }}>
          {diagnostic.summary}
        </Title>
        {diagnostic.detail === '' || diagnostic.detail === diagnostic.summary ? null : (
          <Text size="sm" style={{ overflowWrap: 'anywhere', whiteSpace: 'pre-wrap' }}>
            {diagnostic.detail}
          </Text>
        )}
        {diagnostic.hint === '' ? null : (
          <Alert color="blue" icon={<IconBulb aria-hidden />} title={t('releases:diagnostics.hint')}>
            {diagnostic.hint}
          </Alert>
        )}
        {facts.length === 0 ? null : (
          <Group gap="lg">
            {facts.map(([name, value]) => (
              <Text key={name} size="sm">
                <Text span c="dimmed" size="sm">
                  {name}:{' '}
                </Text>
                <b>{value}</b>
              </Text>
            ))}
          </Group>
        )}
        {evidence.probe === null || evidence.probe === undefined ? null : <Lines title={t('releases:diagnostics.probe')} lines={[evidence.probe.output]} />}
        {(evidence.log_tail ?? []).length === 0 ? null : <Lines title={t('releases:diagnostics.log')} lines={evidence.log_tail ?? []} />}
        {(evidence.events ?? []).length === 0 ? null : <Plain title={t('releases:diagnostics.events')} lines={evidence.events ?? []} />}
        {(evidence.conditions ?? []).length === 0 ? null : <Plain title={t('releases:diagnostics.conditions')} lines={evidence.conditions ?? []} />}
        {evidence.api_error === null || evidence.api_error === undefined ? null : <Lines title={t('releases:diagnostics.api')} lines={[evidence.api_error]} />}
      </Stack>
    </Paper>
  );
}

const said = (line: unknown): string => (typeof line === 'string' ? line : JSON.stringify(line));

function Lines({ title, lines }: { title: string; lines: readonly unknown[] }) {
  return (
    <div>
      <Text size="sm" c="dimmed" mb={4}>
        {title}
      </Text>
      <Code block tabIndex={0} role="region" aria-label={title} style={{ maxHeight: 320, overflow: 'auto', whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
        {lines.map(said).join('\n')}
      </Code>
    </div>
  );
}

function Plain({ title, lines }: { title: string; lines: readonly unknown[] }) {
  return (
    <div>
      <Text size="sm" c="dimmed" mb={4}>
        {title}
      </Text>
      <List size="sm">
        {lines.map((line) => (
          <List.Item key={said(line)} style={{ overflowWrap: 'anywhere' }}>
            {said(line)}
          </List.Item>
        ))}
      </List>
    </div>
  );
}
