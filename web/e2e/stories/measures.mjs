// What pages weigh and how they move, measured in the browser against the real server.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { as, open, settled } from '../browser.mjs';

const BUDGET = { js: 250_000, css: 40_000 };
const OBJECTS = 500;
/** A frame that took longer is seen. */
const FRAME_MS = 50;
const WHEELS = 60;

const gzipped = (path) => gzipSync(readFileSync(new URL(`../../dist${path}`, import.meta.url)), { level: 9 }).length;
const fleet = `services:\n${Array.from({ length: OBJECTS - 1 }, (_, n) => `  web${n}:\n    image: testbed/busybox:1\n    command: [sleep, '${n + 1000}']\n`).join('')}`;

/** Frames while the page scrolls down, as far as it goes or `WHEELS` turns. */
async function scrolled(page) {
  await page.evaluate(() => {
    window.frames_ms = [];
    let last = performance.now();
    const frame = (now) => {
      window.frames_ms.push(now - last);
      last = now;
      window.framing = requestAnimationFrame(frame);
    };
    window.framing = requestAnimationFrame(frame);
  });
  await page.mouse.move(700, 600);
  for (let turn = 0; turn < WHEELS; turn += 1) {
    await page.mouse.wheel(0, 500);
    await page.evaluate(() => new Promise((resolve) => { requestAnimationFrame(() => requestAnimationFrame(resolve)); }));
  }
  return page.evaluate(() => {
    cancelAnimationFrame(window.framing);
    return window.frames_ms.slice(1);
  });
}

export const stories = [
  {
    name: 'what a browser fetches for a first page is within its budget, and soon shows',
    async run({ browser, company, scene }) {
      const pages = { 'sign-in': '/login', overview: '/', releases: '/releases', plan: `/releases/${scene.pending.id}`, timeline: `/releases/${scene.applied.id}?tab=timeline`, approvals: '/approvals' };
      for (const locale of ['en-GB', 'zh-CN'])
        for (const [name, path] of Object.entries(pages)) {
          const window = await open(browser, company.server.url, { locale });
          const { page } = window;
          if (name !== 'sign-in') await as(window, company.people.bob);
          const assets = new Set();
          page.on('request', (request) => {
            const { pathname } = new URL(request.url());
            if (pathname.startsWith('/assets/')) assets.add(pathname);
          });
          const began = Date.now();
          await window.goto(path);
          await settled(page);
          const shown = Date.now() - began;
          const paint = await page.evaluate(() => Math.round(performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0));
          const weight = (ending) => [...assets].filter((path) => path.endsWith(ending)).reduce((sum, path) => sum + gzipped(path), 0);
          const [js, css] = [weight('.js'), weight('.css')];
          console.log(`  ${name} ${locale}: ${(js / 1000).toFixed(1)} kB of JavaScript, ${(css / 1000).toFixed(1)} kB of CSS, first paint after ${paint} ms, its data after ${shown} ms`);
          assert.ok(js > 100_000 && js <= BUDGET.js, `${name}: ${js} bytes of JavaScript`);
          assert.ok(css > 5_000 && css <= BUDGET.css, `${name}: ${css} bytes of CSS`);
          await window.close();
        }
    },
  },
  {
    name: 'a plan of 500 objects stays fluid',
    async run({ browser, company }) {
      const service = await company.service('fleet', fleet, { name: 'Fleet', environments: ['dev'], variables: [] });
      const release = await company.draft(company.people.ada, service, 'dev');
      const preview = await company.people.ada.post(`/releases/${release.id}/preview`);
      assert.ok(preview.plan.changes.length >= OBJECTS, `${preview.plan.changes.length} objects`);
      const window = await open(browser, company.server.url);
      await as(window, company.people.ada);
      await window.goto(`/releases/${release.id}?tab=plan`);
      await settled(window.page);
      const rows = window.page.getByRole('list', { name: 'Objects of the plan' }).getByRole('listitem');
      await rows.nth(10).waitFor();
      const frames = await scrolled(window.page);
      const standing = await rows.count();
      const slow = frames.filter((ms) => ms > FRAME_MS).length;
      console.log(`plan of ${preview.plan.changes.length} objects: ${frames.length} frames, ${slow} over ${FRAME_MS} ms`);
      console.log(`plan rows: ${standing} standing, ${preview.plan.changes.length} in all`);
      assert.ok(standing < 100, `${standing} rows stand in the page`);
      assert.ok(await window.page.evaluate(() => window.scrollY > 5_000));
      await window.close();
    },
  },
];
