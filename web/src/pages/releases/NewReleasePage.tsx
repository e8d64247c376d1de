import { useTranslation } from 'react-i18next';
import { Page } from '../../components/Page';

export function NewReleasePage() {
  const { t } = useTranslation('releases');
  return <Page title={t('title')}>{null}</Page>;
}
