import { IconCheck, IconMinus, IconX } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Release } from '../../api/types';
import { stepsOf } from './flow';
import classes from './LifecycleSteps.module.css';

const MARKS = { done: IconCheck, failed: IconX, skipped: IconMinus } as const;

/** The way of a release, and where it stands; read, not clicked. */
export function LifecycleSteps({ release }: { release: Release }) {
  const { t } = useTranslation('releases');
  return (
    <ol className={classes['root']} aria-label={t('steps.label')}>
      {stepsOf(release).map(({ step, state }, index) => {
        const Mark = state === 'current' || state === 'todo' ? undefined : MARKS[state];
        return (
          <li key={step} data-state={state} aria-current={state === 'current' ? 'step' : undefined}>
            <span aria-hidden="true" className={classes['dot']}>
              {Mark === undefined ? index + 1 : <Mark size={14} stroke={2.6} />}
            </span>
            <span className={classes['text']}>{t(`steps.${step}`)}</span>
            <span className="visually-hidden"> ({t(`steps.state.${state}`)})</span>
          </li>
        );
      })}
    </ol>
  );
}
