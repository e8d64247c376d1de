import { Stack, Text, Title } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Release } from '../../api/types';
import { Actor } from '../../components/release/Actor';
import { CopyText } from '../../components/CopyText';
import { Moment } from '../../components/Moment';
import { DriftText, HealthText } from '../../components/release/Observed';
import classes from './ReleaseFacts.module.css';

/** What it is, where, by whom; the values it was given, secrets never. */
export function ReleaseFacts({ release }: { release: Release }) {
  const { t } = useTranslation(['releases', 'codes']);
  const fact = (label: string, value: ReactNode) => (
    <div className={classes['fact']}>
      <dt>{label}</dt>
      <dd>{value}</dd>
    </div>
  );
  const variables = release.variables ?? [];
  const annotations = Object.entries(release.annotations ?? {});
  return (
    <Stack gap="lg">
      <section>
        <Title order={2} mb="xs">
          {t('releases:facts.title')}
        </Title>
        <dl className={classes['facts']}>
          {fact(
            t('releases:facts.service'),
            <Link to="/services/$id" params={{ id: release.service.id }} className="text-link">
              {release.service.name}
            </Link>,
          )}
          {fact(t('releases:facts.revision'), release.revision)}
          {fact(
            t('releases:facts.target'),
            <Link to="/targets/$id" params={{ id: release.target.id }} className="text-link">
              {release.target.name}
            </Link>,
          )}
          {fact(t('releases:facts.environment'), release.environment.name)}
          {fact(t('releases:facts.runtime'), t(`codes:runtime.${release.runtime_type}`))}
          {release.runtime_type === 'compose' ? fact(t('releases:facts.strategy'), t(`codes:strategy.${release.strategy}`)) : null}
          {fact(t('releases:facts.by'), <Actor actor={release.created_by} />)}
          {fact(t('releases:facts.through'), t(`codes:channel.${release.channel}`))}
          {fact(t('releases:facts.created'), <Moment at={release.created_at} />)}
          {release.applied_at === null ? null : fact(t('releases:facts.applied'), <Moment at={release.applied_at} />)}
          {!release.health ? null : fact(t('releases:facts.health'), <HealthText health={release.health} />)}
          {!release.drift ? null : fact(t('releases:facts.drift'), <DriftText drift={release.drift} />)}
          {release.preview === null
            ? null
            : fact(
                t('releases:facts.preview'),
                release.preview.valid ? (
                  <>
                    {t('releases:facts.previewUntil')} <Moment at={release.preview.expires_at} />
                  </>
                ) : (
                  t('releases:facts.previewOver')
                ),
              )}
          {release.reason === null || release.reason === '' ? null : fact(t('releases:facts.reason'), release.reason)}
          {fact(
            t('releases:facts.correlation'),
            <span className={classes['copied']}>
              <code>{release.correlation_id.slice(0, 13)}…</code>
              <CopyText value={release.correlation_id} label={t('releases:facts.correlation')} />
            </span>,
          )}
        </dl>
      </section>
      {variables.length === 0 ? null : (
        <section>
          <Title order={2} mb="xs">
            {t('releases:facts.variables')}
          </Title>
          <dl className={classes['facts']}>
            {variables.map((v) => (
              <div key={v.name} className={classes['fact']}>
                <dt>
                  <code>{v.name}</code>
                </dt>
                <dd>{v.secret ? t('releases:facts.secretSet') : <code>{v.value === '' ? t('releases:facts.empty') : v.value}</code>}</dd>
              </div>
            ))}
          </dl>
        </section>
      )}
      {annotations.length === 0 ? null : (
        <section>
          <Title order={2} mb="xs">
            {t('releases:facts.annotations')}
          </Title>
          {annotations.map(([name, value]) => (
            <Text key={name} size="sm" style={{ overflowWrap: 'anywhere' }}>
              {name}: {value}
            </Text>
          ))}
        </section>
      )}
    </Stack>
  );
}
