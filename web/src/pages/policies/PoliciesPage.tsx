import { useTranslation } from 'react-i18next';
import { Page } from '../../components/Page';

export function PoliciesPage() {
  const { t } = useTranslation('policies');
  return <Page title={t('title')}>{null}</Page>;
}
