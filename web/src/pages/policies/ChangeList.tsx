import { Badge, List } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Changed } from './change';

const shown = (value: unknown) => (value === undefined || value === null ? '–' : typeof value === 'object' ? JSON.stringify(value) : String(value));

/** Fields of a policy: what they were and what they are to be; the weaker ones say so. */
export function ChangeList({ changes }: { changes: readonly Changed[] }) {
  const { t } = useTranslation('policies');
  return (
    <List size="sm">
      {changes.map((each) => (
        <List.Item key={each.path}>
          <code>{each.path.slice(1)}</code>: <del>{shown(each.before)}</del> → <ins>{shown(each.after)}</ins>{' '}
          {each.weaker ? <Badge color="orange" variant="light" tt="none">{t('weaker')}</Badge> : null}
        </List.Item>
      ))}
    </List>
  );
}
