import { Code, Skeleton, UnstyledButton } from '@mantine/core';
import { IconAlertTriangle, IconCheck, IconLoader2 } from '@tabler/icons-react';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { AssistantEntry, Schemas } from '../../api/types';
import { ProblemNotice } from '../../components/ProblemNotice';
import { Prose, Sentence } from '../../ui/Prose';
import { itemsOf, type Item, type Result } from './entries';
import { Outcome, errorOf, useToolName } from './Outcome';
import classes from './AiPage.module.css';

const ActionCard = lazy(() => import('./ActionCard').then((m) => ({ default: m.ActionCard })));

type Props = {
  session: string;
  entries: readonly AssistantEntry[];
  /** What was said a moment ago and the session has not told back yet. */
  said: string | undefined;
  onSay: ((text: string) => void) | undefined;
};

/** A session in its order: what was said, each step taken, and the cards. */
export function Entries({ session, entries, said, onSay }: Props) {
  const { t } = useTranslation('ai');
  return (
    <ol className={classes['list']} aria-label={t('conversation')}>
      {itemsOf(entries).map((item) => (
        <li key={`${item.kind} ${'entry' in item ? item.entry.number : item.kind === 'step' ? item.call.number : item.card.number}`} data-kind={item.kind}>
          <One item={item} session={session} onSay={onSay} />
        </li>
      ))}
      {said === undefined ? null : (
        <li data-kind="said">
          <Said text={said} />
        </li>
      )}
    </ol>
  );
}

function One({ item, session, onSay }: { item: Item; session: string; onSay: Props['onSay'] }) {
  const { t } = useTranslation('ai');
  switch (item.kind) {
    case 'said':
      return <Said text={item.entry.text} />;
    case 'told':
      return (
        <>
          <span className="visually-hidden">{t('assistant')}: </span>
          <Prose text={item.entry.text} quoted={t('others')} />
        </>
      );
    case 'step':
      return <Step call={item.call} result={item.result} />;
    case 'card':
      return (
        <Suspense fallback={<Skeleton height={220} aria-busy="true" />}>
          <ActionCard session={session} card={item.card} result={item.result} newest={item.newest} onSay={onSay} />
        </Suspense>
      );
    case 'failed':
      return <ProblemNotice title={t('failed')} error={errorOf(item.entry.problem)} />;
  }
}

function Said({ text }: { text: string }) {
  const { t } = useTranslation('ai');
  return (
    <>
      <span className="visually-hidden">{t('you')}: </span>
      {text}
    </>
  );
}

/** One step: what was meant, what came of it, and with which arguments. */
function Step({ call, result }: { call: Schemas['AssistantToolCall']; result: Result | undefined }) {
  const { t } = useTranslation('ai');
  const toolName = useToolName();
  const [open, setOpen] = useState(false);
  const Icon = result === undefined ? IconLoader2 : result.ok ? IconCheck : IconAlertTriangle;
  return (
    <div className={classes['step']} data-ok={result?.ok}>
      <UnstyledButton className={classes['stepHead']} aria-expanded={open} onClick={() => setOpen((now) => !now)}>
        <Icon size={16} aria-hidden className={classes['stepIcon']} />
        <span>
          <b>{toolName(call.tool)}</b>
          <span className="visually-hidden"> ({t(result === undefined ? 'step.running' : result.ok ? 'step.ok' : 'step.failed')})</span>
          {result?.ok === true ? <> <Sentence text={result.summary} /></> : null}
        </span>
      </UnstyledButton>
      {open ? (
        <Code block tabIndex={0}>
          {JSON.stringify(call.arguments, null, 2)}
        </Code>
      ) : null}
      {result === undefined ? null : <Outcome result={result} quiet />}
    </div>
  );
}
