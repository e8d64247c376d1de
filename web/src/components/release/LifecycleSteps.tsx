import { IconCheck, IconMinus, IconX } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { ReactNode } from 'react';
import type { Release } from '../../api/types';
import { stepsOf, type Step } from './flow';
import classes from './LifecycleSteps.module.css';

const MARKS = { done: IconCheck, failed: IconX, skipped: IconMinus } as const;

const plain = (_: Step, name: string): ReactNode => name;

/** The way of a release, and where it stands. `linked` makes a step's name a link to what happened in it. */
export function LifecycleSteps({ release, linked = plain, className = '' }: { release: Release; linked?: (step: Step, name: string) => ReactNode; className?: string | undefined }) {
  const { t } = useTranslation('releases');
  return (
    <ol className={`${classes['root']} ${className}`} aria-label={t('steps.label')}>
      {stepsOf(release).map(({ step, state }, index) => {
        const Mark = state === 'current' || state === 'todo' ? undefined : MARKS[state];
        return (
          <li key={step} data-state={state} aria-current={state === 'current' ? 'step' : undefined}>
            <span aria-hidden="true" className={classes['dot']}>
              {Mark === undefined ? index + 1 : <Mark size={14} stroke={2.6} />}
            </span>
            <span className={classes['text']}>{state === 'todo' ? t(`steps.${step}`) : linked(step, t(`steps.${step}`))}</span>
            <span className="visually-hidden"> ({t(`steps.state.${state}`)})</span>
          </li>
        );
      })}
    </ol>
  );
}
