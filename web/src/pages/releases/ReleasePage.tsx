import { useTranslation } from 'react-i18next';
import { Page } from '../../components/Page';

export function ReleasePage() {
  const { t } = useTranslation('releases');
  return <Page title={t('title')}>{null}</Page>;
}
