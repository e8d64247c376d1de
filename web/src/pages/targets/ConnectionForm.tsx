import { PasswordInput, Stack, Textarea, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Schemas } from '../../api/types';
import { Choice } from '../../ui/Choice';

export type Reach = { kind: 'docker' | 'kubeconfig' | 'in_cluster'; host: string; ca: string; cert: string; key: string; kubeconfig: string; context: string };
export const NO_REACH: Reach = { kind: 'docker', host: 'unix:///var/run/docker.sock', ca: '', cert: '', key: '', kubeconfig: '', context: '' };

/** What the API takes. Credentials go one way only: a change that leaves them out keeps them. */
export function connectionOf(reach: Reach): Schemas['ConnectionInput'] {
  if (reach.kind === 'in_cluster') return { kind: 'in_cluster' };
  if (reach.kind === 'kubeconfig') return { kind: 'kubeconfig', kubeconfig: reach.kubeconfig, ...(reach.context === '' ? {} : { context: reach.context }) };
  const tls = reach.key === '' && reach.cert === '' && reach.ca === '' ? {} : { tls: { ca: reach.ca, cert: reach.cert, key: reach.key } };
  return { kind: 'docker', host: reach.host, ...tls };
}

export function ConnectionForm({ runtime, reach, onChange, wrong }: { runtime: Schemas['RuntimeType']; reach: Reach; onChange: (reach: Reach) => void; wrong: (pointer: string) => string | undefined }) {
  const { t } = useTranslation('targets');
  const set = (next: Partial<Reach>) => onChange({ ...reach, ...next });
  if (runtime === 'compose') {
    return (
      <Stack gap="sm">
        <TextInput label={t('host')} description={t('hostHint')} required value={reach.host} error={wrong('/connection/host') ?? wrong('/connection')} onChange={(event) => set({ host: event.currentTarget.value })} />
        {reach.host.startsWith('tcp://') ? (
          <>
            <Textarea label={t('ca')} autosize minRows={2} maxRows={6} value={reach.ca} error={wrong('/connection/tls/ca')} onChange={(event) => set({ ca: event.currentTarget.value })} />
            <Textarea label={t('cert')} autosize minRows={2} maxRows={6} value={reach.cert} error={wrong('/connection/tls/cert')} onChange={(event) => set({ cert: event.currentTarget.value })} />
            <PasswordInput label={t('tlsKey')} description={t('writeOnly')} visibilityToggleButtonProps={{ 'aria-label': t('reveal') }} value={reach.key} error={wrong('/connection/tls/key')} onChange={(event) => set({ key: event.currentTarget.value })} />
          </>
        ) : null}
      </Stack>
    );
  }
  return (
    <Stack gap="sm">
      <Choice label={t('connection')} value={reach.kind === 'docker' ? 'kubeconfig' : reach.kind} data={[{ value: 'kubeconfig', label: t('kind.kubeconfig') }, { value: 'in_cluster', label: t('kind.in_cluster') }]} onChange={(kind) => set({ kind: kind as Reach['kind'] })} />
      {reach.kind === 'in_cluster' ? null : (
        <>
          <Textarea label={t('kind.kubeconfig')} description={t('writeOnly')} autosize minRows={4} maxRows={14} required value={reach.kubeconfig} error={wrong('/connection/kubeconfig')} onChange={(event) => set({ kind: 'kubeconfig', kubeconfig: event.currentTarget.value })} styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }} />
          <TextInput label={t('context')} value={reach.context} error={wrong('/connection/context')} onChange={(event) => set({ context: event.currentTarget.value })} />
        </>
      )}
    </Stack>
  );
}
