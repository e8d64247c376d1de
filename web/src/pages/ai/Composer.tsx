import { Button, Group, Text, Textarea } from '@mantine/core';
import { IconPlayerStop, IconSend } from '@tabler/icons-react';
import { useState, type KeyboardEvent } from 'react';
import { useTranslation } from 'react-i18next';
import type { Schemas } from '../../api/types';
import { ActionButton } from '../../components/ActionButton';
import classes from './AiPage.module.css';

/** As the server takes it. */
const LONGEST = 4_000;

type Props = {
  typed: string;
  onTyped: (text: string) => void;
  /** What was said before, oldest first. */
  before: readonly string[];
  running: boolean;
  action: Pick<Schemas['Action'], 'allowed' | 'reasons'> | undefined;
  onSay: (text: string) => void;
  stopping: boolean;
  onStop: (() => void) | undefined;
};

/** The line: `Enter` says it, `Shift Enter` begins another, `↑` and `↓` go through what was said before. */
export function Composer({ typed, onTyped, before, running, action, onSay, stopping, onStop }: Props) {
  const { t } = useTranslation('ai');
  // How far back; at 0 stands what is being typed, which waits there.
  const [back, setBack] = useState(0);
  const [waiting, setWaiting] = useState('');
  const text = typed.trim();
  const ready = text !== '' && !running && action?.allowed === true;
  const say = () => {
    if (!ready) return;
    setBack(0);
    onSay(text);
  };
  const go = (to: number) => {
    if (to < 0 || to > before.length) return;
    if (back === 0) setWaiting(typed);
    setBack(to);
    onTyped(to === 0 ? waiting : (before[before.length - to] ?? ''));
  };
  const pressed = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    // An input method composes with these keys.
    if (event.nativeEvent.isComposing || event.altKey || event.metaKey || event.ctrlKey) return;
    const { selectionStart: at, value } = event.currentTarget;
    const run = {
      Enter: event.shiftKey ? undefined : say,
      ArrowUp: value.slice(0, at).includes('\n') ? undefined : () => go(back + 1),
      ArrowDown: value.slice(at).includes('\n') || back === 0 ? undefined : () => go(back - 1),
    }[event.key];
    if (run === undefined) return;
    event.preventDefault();
    run();
  };
  return (
    <form
      className={classes['composer']}
      onSubmit={(event) => {
        event.preventDefault();
        say();
      }}
    >
      <Group gap="xs" align="flex-end" wrap="nowrap">
        <Textarea
          flex={1}
          label={t('input.label')}
          placeholder={t('input.placeholder')}
          description={<Text span size="xs" visibleFrom="sm">{t('input.hint')}</Text>}
          inputWrapperOrder={['label', 'input', 'description', 'error']}
          value={typed}
          onChange={(event) => {
            setBack(0);
            onTyped(event.currentTarget.value);
          }}
          onKeyDown={pressed}
          autosize
          minRows={1}
          maxRows={6}
          maxLength={LONGEST}
          spellCheck={false}
          autoComplete="off"
          autoCapitalize="none"
          data-filter
        />
        <div className={classes['send']}>
          {running ? (
            <Button color="red" variant="outline" leftSection={<IconPlayerStop size={16} aria-hidden />} loading={stopping} disabled={onStop === undefined} onClick={onStop}>
              {t('input.stop')}
            </Button>
          ) : (
            <ActionButton action={action} leftSection={<IconSend size={16} aria-hidden />} onClick={say}>
              {t('input.send')}
            </ActionButton>
          )}
        </div>
      </Group>
    </form>
  );
}
