import { useTranslation } from 'react-i18next';
import { CopyButton } from '../ui/CopyButton';

export function CopyText({ value, label, link = false }: { value: string; label?: string; link?: boolean }) {
  const { t } = useTranslation();
  return <CopyButton value={value} label={label ?? t('copy.copy')} copied={t('copy.copied')} select={t('copy.select')} link={link} />;
}
