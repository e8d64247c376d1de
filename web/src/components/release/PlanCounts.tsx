import { Badge, Group, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { PlanSummary } from '../../api/types';
import { currentLocale } from '../../i18n';
import classes from './plan.module.css';

const SIGNS = [
  ['create', '+'],
  ['update', '~'],
  ['delete', '−'],
  ['replace', '±'],
  ['unverified', '?'],
] as const;

/** `+2 ~3 −1 ±1`: what a plan would do, counted; with words where there is room. */
export function PlanCounts({ summary, words = false }: { summary: PlanSummary; words?: boolean }) {
  const { t } = useTranslation('releases');
  const counted = SIGNS.filter(([name]) => summary[name] > 0);
  const said = counted.map(([name]) => t(`summary.${name}`, { n: summary[name] }));
  if (counted.length === 0) {
    return (
      <Text span size="sm" c="dimmed">
        {t('summary.none')}
      </Text>
    );
  }
  const text = new Intl.ListFormat(currentLocale(), { type: 'unit', style: 'short' }).format(said);
  return (
    <Group gap={words ? 'md' : 8} wrap="wrap" component="span" display="inline-flex">
      {words ? null : <span className="visually-hidden">{t('summary.label', { text })}</span>}
      {counted.map(([name, sign], index) => (
        <span key={name} className={classes['count']} data-action={name} aria-hidden={words ? undefined : true}>
          {sign}
          {words ? said[index] : summary[name]}
        </span>
      ))}
      {summary.destructive > 0 ? (
        <Badge color="red" size="sm" leftSection={<IconAlertTriangle size={12} aria-hidden />}>
          {t('summary.destructive', { count: summary.destructive })}
        </Badge>
      ) : null}
    </Group>
  );
}
