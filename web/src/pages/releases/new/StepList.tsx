import { useTranslation } from 'react-i18next';
import classes from '../../../components/release/LifecycleSteps.module.css';

const STEPS = ['source', 'draft', 'preview', 'submit', 'observe'] as const;

/** Where in the five steps the page is. */
export function StepList({ at }: { at: (typeof STEPS)[number] }) {
  const { t } = useTranslation(['releases', 'newRelease']);
  const now = STEPS.indexOf(at);
  return (
    <ol className={classes['root']} aria-label={t('newRelease:step', { n: now + 1, of: STEPS.length })}>
      {STEPS.map((step, index) => {
        const state = index < now ? 'done' : index === now ? 'current' : 'todo';
        return (
          <li key={step} data-state={state} aria-current={state === 'current' ? 'step' : undefined}>
            <span aria-hidden="true" className={classes['dot']}>
              {index + 1}
            </span>
            <span className={classes['text']}>{t(`newRelease:${step}`)}</span>
            <span className="visually-hidden"> ({t(`steps.state.${state}`)})</span>
          </li>
        );
      })}
    </ol>
  );
}
