import { Alert, Button, Card, Code, Group, Stack, Text } from '@mantine/core';
import { IconShieldCheck, IconShieldX } from '@tabler/icons-react';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { audit } from '../../api/modules/audit';
import type { Schemas, TimelineEvent } from '../../api/types';
import { CopyText } from '../../components/CopyText';
import { ProblemNotice } from '../../components/ProblemNotice';
import type { Checked } from './chain';
import { Bar } from '../../ui/Bar';

type State =
  | { is: 'idle' }
  | { is: 'running'; checked: number; until: number }
  | { is: 'whole'; checked: number; head: Schemas['Head'] | null; here: number }
  | { is: 'broken'; seq: number; code: Schemas['ChainBreak']; by: 'server' | 'browser' }
  | { is: 'failed'; error: unknown };

/** How a break that the browser found is called by the server. */
const CALLED = { hash: 'hash_mismatch', link: 'link_broken' } as const;

/** The server goes through the chain range by range; the browser computes what is on screen by itself, beside it. */
export function Verify({ events, onBad }: { events: readonly TimelineEvent[]; onBad: (seq: number | undefined) => void }) {
  const { t } = useTranslation('audit');
  const [state, setState] = useState<State>({ is: 'idle' });
  const stop = useRef<AbortController | undefined>(undefined);

  const broken = (seq: number, code: Schemas['ChainBreak'], by: 'server' | 'browser') => {
    setState({ is: 'broken', seq, code, by });
    onBad(seq);
  };
  const run = async () => {
    stop.current?.abort();
    const running = new AbortController();
    stop.current = running;
    onBad(undefined);
    setState({ is: 'running', checked: 0, until: 0 });
    try {
      const { seq: until } = await audit.checkpoint();
      // Loaded only where somebody asks.
      const { recheck } = await import('./chain');
      const here: Checked = recheck(events);
      if (!here.ok) return broken(here.seq, CALLED[here.why], 'browser');
      let [from, checked, head] = [1, 0, null as Schemas['Head'] | null];
      for (;;) {
        const answer = await audit.verify(from, undefined, running.signal);
        checked += answer.checked;
        head = answer.head ?? head;
        if (answer.first_bad) return broken(answer.first_bad.seq, answer.first_bad.code, 'server');
        if (typeof answer.next_seq !== 'number') break;
        from = answer.next_seq;
        setState({ is: 'running', checked, until });
      }
      setState({ is: 'whole', checked, head, here: here.checked });
    } catch (error) {
      if (!running.signal.aborted) setState({ is: 'failed', error });
    }
  };
  return (
    <Card withBorder padding="sm">
      <Stack gap="sm">
        <Group justify="space-between" wrap="wrap">
          <Text size="sm" maw={620}>{t('verifyHint')}</Text>
          <Button loading={state.is === 'running'} onClick={() => void run()}>{t('verify')}</Button>
        </Group>
        <div role="status">
          {state.is === 'running' ? (
            <Stack gap={4}>
              <Bar done={state.until === 0 ? 0 : state.checked / state.until} label={t('verifying')} />
              <Text size="sm">{t('verified', { count: state.checked })}</Text>
            </Stack>
          ) : null}
          {state.is === 'whole' ? (
            <Alert color="green" icon={<IconShieldCheck aria-hidden />} title={t('whole', { count: state.checked })}>
              <Text size="sm">{t('rehashed', { count: state.here })}</Text>
              {state.head === null ? null : <Group gap={4}><Text size="sm">{t('head', { seq: state.head.seq })}</Text><Code style={{ overflowWrap: 'anywhere' }}>{state.head.hash}</Code><CopyText value={state.head.hash} label={t('copyHash')} /></Group>}
            </Alert>
          ) : null}
        </div>
        {state.is === 'broken' ? (
          <Alert color="red" role="alert" icon={<IconShieldX aria-hidden />} title={t('broken', { seq: state.seq })}>
            {t(`break.${state.code}`)} {t(state.by === 'server' ? 'byServer' : 'byBrowser')}
          </Alert>
        ) : null}
        {state.is === 'failed' ? <ProblemNotice error={state.error} title={t('unavailable')} retry={() => void run()} /> : null}
      </Stack>
    </Card>
  );
}
