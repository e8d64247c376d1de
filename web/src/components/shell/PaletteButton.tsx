import { ActionIcon, Kbd, UnstyledButton } from '@mantine/core';
import { createSpotlight } from '@mantine/spotlight';
import { IconSearch } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import classes from './PaletteButton.module.css';

export const [paletteStore, palette] = createSpotlight();
export const openPalette = () => palette.open();

export function PaletteButton() {
  const { t } = useTranslation();
  return (
    <>
      <UnstyledButton className={classes['wide']} onClick={openPalette} aria-label={t('palette.open')} visibleFrom="md">
        <IconSearch size={16} aria-hidden />
        <span>{t('palette.open')}</span>
        <Kbd size="xs">Ctrl K</Kbd>
      </UnstyledButton>
      <ActionIcon variant="subtle" color="gray" size={36} hiddenFrom="md" onClick={openPalette} aria-label={t('palette.open')}>
        <IconSearch size={20} stroke={1.7} aria-hidden />
      </ActionIcon>
    </>
  );
}
