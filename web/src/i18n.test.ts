import { describe, expect, it } from 'vitest';
import * as en from './i18n/en';
import * as zh from './i18n/zh-CN';

type Texts = { [key: string]: string | Texts };

const paths = (texts: Texts, at = ''): string[] => Object.entries(texts).flatMap(([key, value]) => (typeof value === 'string' ? [`${at}${key}`] : paths(value, `${at}${key}.`)));
const text = (texts: Texts, path: string) => path.split('.').reduce<string | Texts | undefined>((at, key) => (typeof at === 'object' ? at[key] : undefined), texts);
/** Chinese has one plural form. */
const ofChinese = (path: string) => !path.endsWith('_one');
const values = (of: unknown) => [...String(of).matchAll(/\{\{(\w+)\}\}/g)].map((m) => m[1]).sort();

describe.each(Object.keys(en) as (keyof typeof en)[])('the texts of %s', (namespace) => {
  const english: Texts = { ...en }[namespace];
  const chinese: Texts = { ...zh }[namespace];

  it('have the same keys in Chinese', () => {
    expect(paths(chinese).sort()).toEqual(paths(english).filter(ofChinese).sort());
  });

  it('name the same values in Chinese', () => {
    for (const path of paths(chinese)) expect([path, values(text(chinese, path))]).toEqual([path, values(text(english, path))]);
  });

  it('are translated, but for names', () => {
    const names = /API|MCP|CI|AI|Kubernetes|kubeconfig|Docker Compose|English|中文|YAML|JSON|NDJSON/gi;
    const words = (path: string) => String(text(chinese, path)).replaceAll(/\{\{\w+\}\}/g, '').replaceAll(names, '');
    const same = paths(chinese).filter((path) => text(chinese, path) === text(english, path) && /\p{L}/u.test(words(path)));
    expect(same).toEqual([]);
  });
});
