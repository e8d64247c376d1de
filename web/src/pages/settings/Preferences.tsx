import { Stack, Switch, Text, useMantineColorScheme } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { LOCALES, chooseLocale, currentLocale, type Locale } from '../../i18n';
import { timeZone } from '../../ui/timeZone';
import { singleKeys } from '../../ui/useShortcuts';
import { Segments } from '../../ui/Segments';
import { Choice } from '../../ui/Choice';

const SCHEMES = ['auto', 'light', 'dark'] as const;

/** Kept in this browser alone. */
export function Preferences() {
  const { t } = useTranslation(['settings', 'shell']);
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const [keys, setKeys] = useState(singleKeys.on);
  return (
    <Stack maw={480}>
      <Text size="sm" c="dimmed">{t('here')}</Text>
      <Choice label={t('shell:language.label')} value={currentLocale()} data={LOCALES.map((value) => ({ value, label: t(`shell:language.${value}`) }))} onChange={(value) => void chooseLocale(value as Locale)} />
      <div>
        <Text size="sm" fw={500} id="scheme">{t('shell:scheme.label')}</Text>
        <Segments label={t('shell:scheme.label')} value={colorScheme} options={SCHEMES.map((value) => ({ value, label: t(`shell:scheme.${value}`) }))} onChange={setColorScheme} />
      </div>
      <Switch label={t('shell:prefs.singleKeys')} description={t('shell:prefs.singleKeysHint')} checked={keys} onChange={(event) => { singleKeys.set(event.currentTarget.checked); setKeys(event.currentTarget.checked); }} />
      <Text size="sm">{t('shell:time.zone', { zone: timeZone() })}</Text>
    </Stack>
  );
}
