// What a browser fetches before the first page shows, gzipped, against its budget. Reads dist/.vite/manifest.json.
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const BUDGET = { js: 250_000, css: 40_000 };
/** Pages that people open first; each is the entry with everything it imports statically, and the page's own chunk. */
const FIRST = ['src/pages/signin/SignInPage.tsx', 'src/pages/overview/OverviewPage.tsx', 'src/pages/releases/ReleasesPage.tsx', 'src/pages/releases/ReleasePage.tsx'];

const dist = new URL('../dist/', import.meta.url);
const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', dist), 'utf8'));
const size = (file) => gzipSync(readFileSync(new URL(file, dist)), { level: 9 }).length;

function closure(key, seen = new Set()) {
  if (seen.has(key)) return seen;
  seen.add(key);
  for (const each of manifest[key]?.imports ?? []) closure(each, seen);
  return seen;
}

let over = false;
for (const page of FIRST) {
  const keys = new Set([...closure('index.html'), ...closure(page)]);
  const chunks = [...keys].map((key) => manifest[key]).filter(Boolean);
  const js = chunks.reduce((sum, chunk) => sum + size(chunk.file), 0);
  const css = [...new Set(chunks.flatMap((chunk) => chunk.css ?? []))].reduce((sum, file) => sum + size(file), 0);
  const lazyDiff = [...keys].some((key) => /DiffView|codemirror/i.test(key));
  const fits = js <= BUDGET.js && css <= BUDGET.css && !lazyDiff;
  over ||= !fits;
  console.log(`budget: ${page.replace(/^.*\//, '').padEnd(18)} ${(js / 1000).toFixed(0)} kB JS of 250, ${(css / 1000).toFixed(1)} kB CSS of 40${lazyDiff ? ', with the diff viewer' : ''}${fits ? '' : '  OVER'}`);
}
process.exit(over ? 1 : 0);
