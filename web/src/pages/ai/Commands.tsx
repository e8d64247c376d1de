import { Title, UnstyledButton } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { ai } from '../../i18n/en';
import classes from './AiPage.module.css';

type Name = Exclude<keyof (typeof ai)['commands'], 'title'>;
/** In the server's own order, which a test compares with what its `help` says. */
export const COMMANDS = ['release', 'preview', 'plan', 'submit', 'apply', 'cancel', 'status', 'timeline', 'why', 'rollback', 'pending', 'help'] as const satisfies readonly Name[];

/** What one can say without any model; picking one puts it into the line. */
export function Commands({ onPick }: { onPick: (text: string) => void }) {
  const { t } = useTranslation('ai');
  const pick = (text: string) => {
    onPick(text);
    document.querySelector<HTMLElement>('[data-filter]')?.focus();
  };
  return (
    <section>
      <Title order={2} mb="xs">
        {t('commands.title')}
      </Title>
      <ul className={classes['commands']}>
        {COMMANDS.map((name) => (
          <li key={name}>
            <UnstyledButton className={classes['command']} onClick={() => pick(begun(t(`commands.${name}.usage`)))}>
              <code>{t(`commands.${name}.usage`)}</code>
              <span>{t(`commands.${name}.says`)}</span>
            </UnstyledButton>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** A command's own word, with the room for what it is about. */
const begun = (usage: string) => (usage.includes(' ') ? `${usage.split(' ')[0] ?? ''} ` : usage);
