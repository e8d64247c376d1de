import i18next from 'i18next';
import { beforeAll, beforeEach } from 'vitest';
import { NAMESPACES, startI18n } from '../i18n';

/** English for every test of a file; what it answers fills with the keys of texts that a test asks for and nobody wrote. */
export function missingTexts(): readonly string[] {
  const missing: string[] = [];
  beforeAll(async () => {
    await startI18n('en', NAMESPACES);
    i18next.options.saveMissing = true;
    i18next.on('missingKey', (_languages: readonly string[], namespace: string, key: string) => missing.push(`${namespace}:${key}`));
  });
  beforeEach(() => {
    missing.length = 0;
  });
  return missing;
}
