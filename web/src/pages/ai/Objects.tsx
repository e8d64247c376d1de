import { Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Schemas } from '../../api/types';
import { SIGN } from '../../components/release/ChangeLine';
import plan from '../../components/release/plan.module.css';
import classes from './AiPage.module.css';

/** More are in the plan below, or on the release's page. */
const SHOWN = 6;

/** What a card's plan touches. */
export function Objects({ objects }: { objects: readonly Schemas['AssistantObject'][] }) {
  const { t } = useTranslation(['ai', 'codes']);
  if (objects.length === 0) return null;
  return (
    <ul className={classes['objects']} aria-label={t('ai:card.objects')}>
      {objects.slice(0, SHOWN).map(({ key, action }) => (
        <li key={key}>
          <span className={plan['sign']} data-action={action} aria-hidden="true">
            {SIGN[action]}
          </span>
          <span className="visually-hidden">{t(`codes:planAction.${action}`)}</span>
          <code>{key}</code>
        </li>
      ))}
      {objects.length > SHOWN ? (
        <li>
          <Text size="sm" c="dimmed">
            {t('ai:card.more', { count: objects.length - SHOWN })}
          </Text>
        </li>
      ) : null}
    </ul>
  );
}
