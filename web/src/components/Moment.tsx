import { useTranslation } from 'react-i18next';
import { currentLocale } from '../i18n';
import { When } from '../ui/When';

/** An instant in the reader's language; `none` where there is none. */
export function Moment({ at, none }: { at: string | null | undefined; none?: string }) {
  return at === null || at === undefined ? <span>{none ?? <Never />}</span> : <When at={at} locale={currentLocale()} />;
}

function Never() {
  const { t } = useTranslation();
  return t('time.none');
}
