import { ActionIcon, Menu, Text, useMantineColorScheme } from '@mantine/core';
import { IconCheck, IconLogout, IconSettings, IconUserCircle } from '@tabler/icons-react';
import { Link, useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { access } from '../../api/modules/access';
import { LOCALES, chooseLocale, currentLocale } from '../../i18n';
import { queries } from '../../queries';
import { useMe } from '../useMe';

export function UserMenu() {
  const { t } = useTranslation();
  const { user } = useMe();
  const navigate = useNavigate();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const name = user.display_name ?? user.username;
  const tick = (on: boolean) => (on ? <IconCheck size={16} aria-hidden /> : <span style={{ width: 16 }} />);
  const signOut = async () => {
    await access.signOut();
    queries.clear();
    await navigate({ to: '/login' });
  };
  return (
    <Menu position="bottom-end" width={220}>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size={36} aria-label={t('user.menu', { name })}>
          <IconUserCircle size={22} stroke={1.7} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Text size="sm" fw={600} px="sm" py={6}>
          {name}
        </Text>
        <Menu.Divider />
        <Menu.Label c="dimmed">{t('scheme.label')}</Menu.Label>
        {(['auto', 'light', 'dark'] as const).map((each) => (
          <Menu.Item key={each} role="menuitemradio" aria-checked={colorScheme === each} leftSection={tick(colorScheme === each)} onClick={() => setColorScheme(each)}>
            {t(`scheme.${each}`)}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Label c="dimmed">{t('language.label')}</Menu.Label>
        {LOCALES.map((each) => (
          <Menu.Item key={each} role="menuitemradio" aria-checked={currentLocale() === each} leftSection={tick(currentLocale() === each)} lang={each} onClick={() => void chooseLocale(each)}>
            {t(`language.${each}`)}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item component={Link} to="/settings" leftSection={<IconSettings size={16} aria-hidden />}>
          {t('user.preferences')}
        </Menu.Item>
        <Menu.Item leftSection={<IconLogout size={16} aria-hidden />} onClick={() => void signOut()}>
          {t('user.signOut')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
