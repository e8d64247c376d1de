import { Group, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Schemas } from '../../api/types';
import { currentLocale } from '../../i18n';
import classes from './OverviewPage.module.css';

/** Deploys of each day as bars, with their sums in words. */
export function Days({ days }: { days: Schemas['Day'][] }) {
  const { t } = useTranslation('overview');
  const sum = (of: 'applied' | 'failed' | 'rolled_back') => days.reduce((total, day) => total + day[of], 0);
  const [applied, failed, back] = [sum('applied'), sum('failed'), sum('rolled_back')];
  const most = Math.max(1, ...days.map((day) => day.applied + day.failed + day.rolled_back));
  const all = applied + failed;
  if (all + back === 0) return <Text size="sm" c="dimmed">{t('days.none')}</Text>;
  const part = (n: number) => ({ height: `${(n / most) * 100}%` });
  return (
    <>
      <div className={classes['days']} role="img" aria-label={t('days.label', { applied, failed, back })}>
        {days.map((day) => (
          <div key={day.date} className={classes['day']} title={day.date}>
            <div className={classes['applied']} style={part(day.applied)} />
            <div className={classes['back']} style={part(day.rolled_back)} />
            <div className={classes['failed']} style={part(day.failed)} />
          </div>
        ))}
      </div>
      <Group gap="md">
        <Text size="sm">
          <b>{applied}</b> {t('days.applied')}
        </Text>
        <Text size="sm">
          <b>{failed}</b> {t('days.failed')}
        </Text>
        {back === 0 ? null : (
          <Text size="sm">
            <b>{back}</b> {t('days.back')}
          </Text>
        )}
        <Text size="sm" c="dimmed">
          {t('days.rate', { rate: new Intl.NumberFormat(currentLocale(), { style: 'percent', maximumFractionDigits: 0 }).format(all === 0 ? 0 : failed / all) })}
        </Text>
      </Group>
    </>
  );
}
