import { Alert, Button, Skeleton, Stack, Text } from '@mantine/core';
import { IconCloudOff, IconLock } from '@tabler/icons-react';
import { useEffect, useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { isApiError } from '../api/problem';
import { currentLocale } from '../i18n';
import { clock } from '../ui/When';
import { ProblemNotice } from './ProblemNotice';

/** A skeleton that comes and goes at once only flickers. */
const SKELETON_AFTER_MS = 200;

type Query<T> = { data: T | undefined; error: Error | null; isPending: boolean; dataUpdatedAt: number; refetch: () => unknown };

type Props<T> = {
  query: Query<T>;
  /** What it is called while it loads. */
  label: string;
  skeleton?: ReactNode;
  isEmpty?: (data: T) => boolean;
  /** Why it is empty, with one thing to do. */
  empty?: ReactNode;
  children: (data: T) => ReactNode;
};

/** A part of a page that shows data: loading, empty, failed, stale, or the data. Stale data stays under its banner. */
export function DataRegion<T>({ query, label, skeleton, isEmpty, empty, children }: Props<T>) {
  const { t } = useTranslation();
  if (query.data !== undefined) {
    return (
      <Stack gap="sm">
        {query.error === null ? null : (
          <Alert color="orange" icon={<IconCloudOff aria-hidden />} role="status">
            {t('region.stale', { time: clock(new Date(query.dataUpdatedAt), currentLocale()) })}{' '}
            <Button size="compact-xs" variant="default" onClick={() => void query.refetch()}>
              {t('region.retry')}
            </Button>
          </Alert>
        )}
        {isEmpty?.(query.data) === true ? empty : children(query.data)}
      </Stack>
    );
  }
  if (query.error !== null) {
    if (isApiError(query.error) && query.error.code === 'forbidden') {
      return <Empty icon={<IconLock aria-hidden />} title={t('region.forbidden')} hint={t('region.forbiddenHint')} />;
    }
    return <ProblemNotice error={query.error} retry={() => void query.refetch()} />;
  }
  return <Loading label={label} skeleton={skeleton} />;
}

function Loading({ label, skeleton }: { label: string; skeleton: ReactNode }) {
  const { t } = useTranslation();
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), SKELETON_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div aria-busy="true" role="group" aria-label={label}>
      <span className="visually-hidden" role="status">
        {late ? `${t('region.loading')}: ${label}` : ''}
      </span>
      {late ? (
        <div aria-hidden="true">
          {skeleton ?? (
            <Stack gap="xs">
              {['a', 'b', 'c', 'd'].map((each) => (
                <Skeleton key={each} height={44} />
              ))}
            </Stack>
          )}
        </div>
      ) : null}
    </div>
  );
}

/** Nothing to show: why, and one thing to do. */
export function Empty({ icon, title, hint, action }: { icon?: ReactNode; title: string; hint?: ReactNode; action?: ReactNode }) {
  return (
    <Stack align="center" gap="xs" py={48} px="md" ta="center">
      {icon === undefined ? null : <Text c="dimmed">{icon}</Text>}
      <Text fw={600}>{title}</Text>
      {hint === undefined ? null : (
        <Text size="sm" c="dimmed" maw={460}>
          {hint}
        </Text>
      )}
      {action}
    </Stack>
  );
}
