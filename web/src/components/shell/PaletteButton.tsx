import { ActionIcon, Kbd, UnstyledButton } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import classes from './PaletteButton.module.css';

export function PaletteButton({ onOpen }: { onOpen: () => void }) {
  const { t } = useTranslation();
  return (
    <>
      <UnstyledButton className={classes['wide']} onClick={onOpen} visibleFrom="md">
        <IconSearch size={16} aria-hidden />
        <span>{t('palette.open')}</span>
        <Kbd size="xs" aria-hidden>Ctrl K</Kbd>
      </UnstyledButton>
      <ActionIcon variant="subtle" color="gray" size={36} hiddenFrom="md" onClick={onOpen} aria-label={t('palette.open')}>
        <IconSearch size={20} stroke={1.7} aria-hidden />
      </ActionIcon>
    </>
  );
}
