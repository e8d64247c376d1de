import { Drawer } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { MainNav } from './MainNav';

/** The navigation on a narrow screen. */
export default function NavDrawer({ waiting, onClose }: { waiting: number; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Drawer opened onClose={onClose} size={260} title={t('product')} hiddenFrom="sm" closeButtonProps={{ 'aria-label': t('nav.close') }}>
      <MainNav waiting={waiting} />
    </Drawer>
  );
}
