import { useTranslation } from 'react-i18next';
import { Page } from '../../components/Page';

export function OverviewPage() {
  const { t } = useTranslation('overview');
  return <Page title={t('title')}>{null}</Page>;
}
