import { Alert, Tooltip } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useLive } from '../../api/live';
import { currentLocale } from '../../i18n';
import { clock } from '../../ui/When';
import classes from './Shell.module.css';

/** Whether what is on screen follows the server. */
export function LiveBadge() {
  const { t } = useTranslation();
  const { status, lastAt } = useLive();
  const last = lastAt === undefined ? t('time.none') : clock(lastAt, currentLocale());
  return (
    <Tooltip label={`${t(`live.${status}`)}, ${t('live.last', { time: last })}`}>
      <span className={classes['live']} data-status={status} data-testid="live" role="status" tabIndex={0}>
        <span>{t(`live.${status}`)}</span>
      </span>
    </Tooltip>
  );
}

export function LiveBanner() {
  const { t } = useTranslation();
  const { status, lastAt } = useLive();
  if (status === 'live' || status === 'connecting') return null;
  return (
    <Alert color="orange" mb="md" role="status" p="xs">
      {t('live.banner', { time: lastAt === undefined ? t('time.none') : clock(lastAt, currentLocale()) })}
    </Alert>
  );
}
