// What a browser fetches before a page shows, gzipped, against its budget, for every page as if it were the first one
// opened: the entry, the shell around it, the page, the part of it that opens by itself, and the texts in the heavier
// language. Reads dist/.vite/manifest.json. Closes with `budget: N fit, N over`.
import { readFileSync, readdirSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const BUDGET = { js: 250_000, css: 40_000 };
const LOCALES = ['en', 'zh-CN'];
const EVERYWHERE = ['shell', 'codes'];
const SHELL = 'src/components/shell/Shell.tsx';
/** The YAML editor is the page's own business where there is one; it has its skeleton while it comes. */
const LATER = /YamlEditor|DiffView|TextDiff|codemirror/;

const web = new URL('../', import.meta.url);
const dist = new URL('dist/', web);
const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', dist), 'utf8'));
const sizes = new Map();
const size = (file) => {
  if (!sizes.has(file)) sizes.set(file, gzipSync(readFileSync(new URL(file, dist)), { level: 9 }).length);
  return sizes.get(file);
};

function closure(keys, seen = new Set()) {
  for (const key of keys) {
    if (seen.has(key)) continue;
    if (manifest[key] === undefined) throw new Error(`the build has no ${key}`);
    seen.add(key);
    closure(manifest[key].imports ?? [], seen);
  }
  return seen;
}

function weigh(keys) {
  const chunks = [...closure(keys)].map((key) => manifest[key]);
  return {
    js: [...new Set(chunks.map((chunk) => chunk.file).filter((file) => file.endsWith('.js')))].reduce((sum, file) => sum + size(file), 0),
    css: [...new Set(chunks.flatMap((chunk) => chunk.css ?? []))].reduce((sum, file) => sum + size(file), 0),
    late: [...closure(keys)].filter((key) => LATER.test(key)),
  };
}

/** The pages with their texts, as `pages/*\/routes.ts` names them: `page(() => import('./X'), 'X', 'texts', …)`. */
const pages = readdirSync(new URL('src/pages', web))
  .map((area) => `src/pages/${area}/routes.ts`)
  .flatMap((file) => {
  const folder = file.replace(/routes\.ts$/, '');
  return [...readFileSync(new URL(file, web), 'utf8').matchAll(/page\(\(\) => import\('\.\/(\w+)'\), '\w+'((?:, '\w+')*)\)/g)].map(([, name, texts]) => ({
    name,
    key: `${folder}${name}.tsx`,
    texts: [...texts.matchAll(/'(\w+)'/g)].map(([, namespace]) => namespace),
    shell: name !== 'SignInPage',
  }));
});
if (pages.length < 15) throw new Error(`only ${pages.length} pages were found in the routes`);

/** Parts of a page in chunks of their own, of which it opens one by itself: tabs and sections. */
const parts = (key) => (manifest[key].dynamicImports ?? []).filter((each) => /^src\/pages\/|Panel\.tsx$/.test(each));

const heaviest = (weights) => weights.reduce((most, each) => (each.js > most.js ? each : most));
let over = 0;
for (const { name, key, texts, shell } of pages) {
  const base = ['index.html', ...(shell ? [SHELL] : []), key];
  const opened = [undefined, ...parts(key)];
  const found = heaviest(
    opened.flatMap((part) =>
      LOCALES.map((locale) => ({ part, ...weigh([...base, ...(part === undefined ? [] : [part]), ...[...EVERYWHERE, ...texts].map((namespace) => `src/i18n/${locale}/${namespace}.json`)]) })),
    ),
  );
  const fits = found.js <= BUDGET.js && found.css <= BUDGET.css && found.late.length === 0;
  over += fits ? 0 : 1;
  const beside = found.part === undefined ? '' : ` with ${found.part.replace(/^.*\//, '').replace('.tsx', '')}`;
  console.log(`  ${(name + beside).padEnd(36)} ${(found.js / 1000).toFixed(1)} kB of JavaScript, ${(found.css / 1000).toFixed(1)} kB of CSS${fits ? '' : `  OVER ${found.late.join(' ')}`}`);
}
console.log(`budget: ${pages.length - over} fit, ${over} over`);
process.exit(over > 0 ? 1 : 0);
