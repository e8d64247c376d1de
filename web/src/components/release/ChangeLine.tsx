import { Group, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Change, PlanAction } from '../../api/types';
import classes from './plan.module.css';

export const SIGN: Record<PlanAction, string> = { create: '+', update: '~', replace: '±', delete: '−', unchanged: '=', unverified: '?' };

/** What happens to one object, in a line. */
export function ChangeLine({ change }: { change: Pick<Change, 'action' | 'resource'> }) {
  const { t } = useTranslation('codes');
  return (
    <Group gap={8} wrap="nowrap">
      <span className={classes['sign']} data-action={change.action} aria-hidden="true">
        {SIGN[change.action]}
      </span>
      <span className="visually-hidden">{t(`planAction.${change.action}`)}</span>
      <Text span className={classes['name']} size="sm">
        {change.resource.name}
      </Text>
      <span className={classes['kind']}>{change.resource.kind}</span>
    </Group>
  );
}
