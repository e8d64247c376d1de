import { Alert, Button, Group, Loader, Text } from '@mantine/core';
import { IconPlugConnectedX } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { assistant, assistantQueries } from '../../api/modules/assistant';
import { isApiError } from '../../api/problem';
import type { AssistantEntry, Schemas } from '../../api/types';
import { useCommand } from '../../api/useCommand';
import { DataRegion } from '../../components/DataRegion';
import { ProblemNotice } from '../../components/ProblemNotice';
import { Commands } from './Commands';
import { Composer } from './Composer';
import { Entries } from './Entries';
import { merged, saidBefore } from './entries';
import { listen, useTurn } from './turns';
import classes from './AiPage.module.css';

/** A turn that nobody hears any more is looked after this often, ms. */
const LOOK_MS = 3_000;
const NONE: readonly AssistantEntry[] = [];

type Props = { session: string | undefined; begin: Schemas['Action'] | undefined; onBegun: (session: string) => void };

/** What was said and done in a session, and the line to say more; without a session, the first text begins one. */
export function Conversation({ session, begin, onBegun }: Props) {
  const { t } = useTranslation('ai');
  const queries = useQueryClient();
  const turn = useTurn(session);
  const whole = useQuery({ ...assistantQueries.session(session ?? ''), enabled: session !== undefined, refetchInterval: turn?.state === 'cut' ? LOOK_MS : false });
  const entries = useMemo(() => merged(whole.data?.entries ?? NONE, turn?.heard ?? NONE), [whole.data, turn?.heard]);
  const [typed, setTyped] = useState('');
  const first = useCommand((_: string, key) => assistant.begin(key), {
    success: ({ id }, text) => {
      void listen(queries, id, text);
      onBegun(id);
    },
  });
  const stop = useCommand((id: string) => assistant.stop(id));
  const running = turn?.state === 'running' || first.isPending;
  const say = (text: string) => {
    setTyped('');
    if (session === undefined) first.mutate(text);
    else void listen(queries, session, text);
  };
  const busy = turn?.state === 'refused' && isApiError(turn.error) && turn.error.code === 'in_use';
  const waiting = turn !== undefined && !entries.some((entry) => entry.event === 'message' && entry.from === 'person' && entry.number >= (turn.heard[0]?.number ?? Infinity) - 1);
  const end = useEndInSight(entries.length, running);
  return (
    <section className={classes['conversation']} aria-label={t('conversation')}>
      <div className={classes['entries']}>
        {session === undefined ? (
          <Commands onPick={setTyped} />
        ) : (
          <DataRegion query={whole} label={t('conversation')} isEmpty={() => entries.length === 0 && turn === undefined} empty={<Commands onPick={setTyped} />}>
            {() => <Entries session={session} entries={entries} said={waiting ? turn.said : undefined} onSay={running ? undefined : say} />}
          </DataRegion>
        )}
        {turn?.state === 'cut' ? (
          <Alert color="orange" icon={<IconPlugConnectedX aria-hidden />} role="status">
            {t('cut')}
          </Alert>
        ) : null}
        {turn?.state === 'refused' ? <ProblemNotice error={turn.error} /> : null}
        {first.error === null ? null : <ProblemNotice error={first.error} retry={() => first.variables !== undefined && first.mutate(first.variables)} />}
        {stop.error === null ? null : <ProblemNotice error={stop.error} />}
        {/* Where a control that had focus goes away, focus goes here: the line to say more is next. */}
        <Group ref={end} gap="xs" mih={24} tabIndex={-1} data-focus-home className={classes['end']}>
          {running ? (
            <>
              <Loader size="xs" />
              <Text size="sm">{t('working')}</Text>
            </>
          ) : null}
          {busy && session !== undefined ? (
            <Button size="xs" variant="default" loading={stop.isPending} onClick={() => stop.mutate(session)}>
              {t('input.stop')}
            </Button>
          ) : null}
        </Group>
        <Announcement entries={entries} running={running} />
      </div>
      <Composer
        typed={typed}
        onTyped={setTyped}
        before={saidBefore(entries)}
        running={running}
        action={session === undefined ? begin : { allowed: true, reasons: [] }}
        onSay={say}
        stopping={stop.isPending}
        onStop={session === undefined ? undefined : () => stop.mutate(session)}
      />
    </section>
  );
}

/** Keeps the end of a conversation in sight while it grows. */
function useEndInSight(length: number, running: boolean) {
  const end = useRef<HTMLDivElement>(null);
  const shown = useRef(0);
  useEffect(() => {
    if (running && shown.current !== length) end.current?.scrollIntoView({ block: 'end' });
    shown.current = length;
  }, [length, running]);
  return end;
}

/** For assistive technology: what came last, once. */
function Announcement({ entries, running }: { entries: readonly AssistantEntry[]; running: boolean }) {
  const { t } = useTranslation('ai');
  const last = entries.at(-1);
  const said = (entry: AssistantEntry | undefined): string => {
    switch (entry?.event) {
      case 'message':
        return entry.from === 'assistant' ? entry.text : '';
      case 'tool_result':
        return entry.summary;
      case 'confirmation_required':
        return t('card.waits', { number: entry.release.number });
      case 'failed':
        return t('failed');
      case 'tool_call':
      case undefined:
        return '';
    }
  };
  // What was there when the page opened is read, not announced.
  const [opened] = useState(last?.number);
  return (
    <div role="log" aria-live="polite" className="visually-hidden">
      {running ? t('working') : ''} {last?.number === opened ? '' : said(last)}
    </div>
  );
}
