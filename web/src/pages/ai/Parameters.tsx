import { Group, Skeleton } from '@mantine/core';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Card } from '../../api/modules/deployment';
import type { Release } from '../../api/types';
import { ActionButton } from '../../components/ActionButton';
import { actionOf } from '../../components/release/flow';
import classes from './AiPage.module.css';

const ValuesForm = lazy(() => import('./ValuesForm').then((m) => ({ default: m.ValuesForm })));

export type ParametersProps = { release: Release; card: Card; command: 'submit' | 'apply'; onSay: ((text: string) => void) | undefined };

/** The values of the draft. Another value is another plan: the draft is edited, this card declined, and a new one asked for. */
export function Parameters({ release, card, command, onSay }: ParametersProps) {
  const { t } = useTranslation(['ai', 'releases']);
  const [editing, setEditing] = useState(false);
  const variables = release.variables ?? [];
  if (variables.length === 0) return null;
  if (editing) {
    return (
      <Suspense fallback={<Skeleton height={64} aria-busy="true" />}>
        <ValuesForm release={release} card={card} command={command} onSay={onSay} onClose={() => setEditing(false)} />
      </Suspense>
    );
  }
  const drafted = release.lifecycle_state === 'draft' || release.lifecycle_state === 'previewed';
  return (
    <Group justify="space-between" align="flex-start" gap="xs">
      <dl className={classes['values']} aria-label={t('releases:facts.variables')}>
        {variables.map((each) => (
          <div key={each.name}>
            <dt>
              <code>{each.name}</code>
            </dt>
            <dd>{each.secret ? t('releases:facts.secretSet') : <code>{each.value === '' || !each.set ? t('releases:facts.empty') : each.value}</code>}</dd>
          </div>
        ))}
      </dl>
      {drafted && onSay !== undefined ? (
        <ActionButton size="xs" variant="default" action={actionOf(release, 'edit')} onClick={() => setEditing(true)}>
          {t('ai:values.edit')}
        </ActionButton>
      ) : null}
    </Group>
  );
}
