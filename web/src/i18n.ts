import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import * as en from './i18n/en';

export const LOCALES = ['en', 'zh-CN'] as const;
export type Locale = (typeof LOCALES)[number];
/** Kept in the browser: a preference of this device. */
const KEPT = 'locale';

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'shell';
    resources: typeof en;
    returnNull: false;
  }
}

const isLocale = (text: string | null): text is Locale => text !== null && (LOCALES as readonly string[]).includes(text);

function preferred(): Locale {
  const kept = localStorage.getItem(KEPT);
  if (isLocale(kept)) return kept;
  return navigator.languages.some((l) => l.toLowerCase().startsWith('zh')) && !navigator.languages[0]?.startsWith('en') ? 'zh-CN' : 'en';
}

export async function setLocale(locale: Locale): Promise<void> {
  if (locale !== 'en' && !i18next.hasResourceBundle(locale, 'shell')) {
    const texts = await import('./i18n/zh-CN');
    for (const [namespace, bundle] of Object.entries({ ...texts })) i18next.addResourceBundle(locale, namespace, bundle);
  }
  await i18next.changeLanguage(locale);
  document.documentElement.lang = locale;
}

/** Sets it and keeps it for this browser. */
export async function chooseLocale(locale: Locale): Promise<void> {
  localStorage.setItem(KEPT, locale);
  await setLocale(locale);
}

export const currentLocale = (): Locale => (i18next.language as Locale | undefined) ?? 'en';

export async function startI18n(locale: Locale = preferred()): Promise<void> {
  await i18next.use(initReactI18next).init({
    lng: 'en',
    fallbackLng: 'en',
    defaultNS: 'shell',
    ns: Object.keys(en),
    resources: { en },
    interpolation: { escapeValue: false },
    returnNull: false,
  });
  await setLocale(locale);
}
