import { useTranslation } from 'react-i18next';
import { Page } from '../../components/Page';

export function ApprovalsPage() {
  const { t } = useTranslation('approvals');
  return <Page title={t('title')}>{null}</Page>;
}
