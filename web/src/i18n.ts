import i18next, { type BackendModule } from 'i18next';
import { initReactI18next } from 'react-i18next';
import type * as en from './i18n/en';

export const LOCALES = ['en', 'zh-CN'] as const;
export type Locale = (typeof LOCALES)[number];
/** An area's texts: a file of its own in each language, fetched with the pages that show it. */
export type Namespace = keyof typeof en;
/** Kept in the browser: a preference of this device. */
const KEPT = 'locale';
/** What every page shows: the words around it, and those of the server's codes. */
const EVERYWHERE: readonly Namespace[] = ['shell', 'codes'];

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'shell';
    resources: typeof en;
    returnNull: false;
  }
}

const FILES = import.meta.glob<Record<string, unknown>>('./i18n/*/*.json', { import: 'default' });

/** Every area that has texts. */
export const NAMESPACES = [...new Set(Object.keys(FILES).map((path) => path.replace(/^.*\/|\.json$/g, '')))] as Namespace[];

const files: BackendModule = {
  type: 'backend',
  init() {},
  read(language, namespace, done) {
    const file = FILES[`./i18n/${language}/${namespace}.json`];
    if (file === undefined) return done(new Error(`no texts of ${namespace} in ${language}`), false);
    // What could not be fetched is tried again by i18next itself.
    file().then(
      (texts) => done(null, texts),
      (error: Error) => done(error, true),
    );
  },
};

const isLocale = (text: string | null): text is Locale => text !== null && (LOCALES as readonly string[]).includes(text);

function preferred(): Locale {
  const kept = localStorage.getItem(KEPT);
  if (isLocale(kept)) return kept;
  return navigator.languages.some((l) => l.toLowerCase().startsWith('zh')) && !navigator.languages[0]?.startsWith('en') ? 'zh-CN' : 'en';
}

/** Shows that language, and keeps it for this browser. */
export async function chooseLocale(locale: Locale): Promise<void> {
  localStorage.setItem(KEPT, locale);
  await i18next.changeLanguage(locale);
}

export const currentLocale = (): Locale => (i18next.language as Locale | undefined) ?? 'en';

/** Texts that a page will ask for, fetched beside it. A component whose texts nobody fetched ahead waits for them. */
export const texts = (namespaces: readonly Namespace[]): Promise<void> => i18next.loadNamespaces([...namespaces]);

export async function startI18n(locale: Locale = preferred(), namespaces = EVERYWHERE): Promise<void> {
  i18next.on('languageChanged', (language) => {
    document.documentElement.lang = language;
  });
  await i18next.use(initReactI18next).use(files).init({
    lng: locale,
    // Every key is there in every language, which a test sees to.
    fallbackLng: false,
    load: 'currentOnly',
    defaultNS: 'shell',
    ns: [...namespaces],
    interpolation: { escapeValue: false },
    returnNull: false,
  });
}
