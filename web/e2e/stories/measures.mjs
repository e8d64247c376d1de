// What pages weigh and how they move, measured in the browser against the real server.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { as, open, settled } from '../browser.mjs';
import { Company, web } from '../seed.mjs';
import { Server } from '../server.mjs';

const BUDGET = { js: 250_000, css: 40_000 };
const OBJECTS = 500;
const RELEASES = 100_000;
/** A frame that takes longer is seen. */
const FRAME_MS = 50;
/** Frames of one turn of the wheel, and turns. */
const FRAMES = 2;
const WHEELS = 120;
/** More than an hour of a busy release brings, and what they may leave behind in the page that shows them all. */
const EVENTS = 2_000;
const WARM = 100;
const KEPT_MB = 15;
const MEGABYTE = 1_048_576;

const gzipped = (path) => gzipSync(readFileSync(new URL(`../../dist${path}`, import.meta.url)), { level: 9 }).length;
const fleet = `services:\n${Array.from({ length: OBJECTS - 1 }, (_, n) => `  web${n}:\n    image: testbed/busybox:1\n    command: [sleep, '${n + 1000}']\n`).join('')}`;

/** Scrolls down, `WHEELS` turns: how long frames took on the clock, and what each turn took of the page's own thread. */
async function scrolled({ context, page }) {
  const devtools = await context.newCDPSession(page);
  // Of the thread's time, so that whatever else runs on the machine is not counted as the page's.
  await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
  const worked = async () => (await devtools.send('Performance.getMetrics')).metrics.find(({ name }) => name === 'TaskDuration').value * 1000;
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
  const turns = [];
  let before = await worked();
  for (let turn = 0; turn < WHEELS; turn += 1) {
    await page.mouse.wheel(0, 600);
    await page.evaluate((frames) => new Promise((resolve) => {
      const next = (left) => (left === 0 ? resolve() : requestAnimationFrame(() => next(left - 1)));
      next(frames);
    }), FRAMES);
    const after = await worked();
    turns.push(after - before);
    before = after;
  }
  const frames = await page.evaluate(() => {
    cancelAnimationFrame(window.framing);
    return window.frames_ms.slice(1);
  });
  await devtools.detach();
  return { frames, turns };
}

/** Prints what scrolling took; fails where frames commonly need more than `FRAME_MS` of the page's thread. Single ones are
 * only printed: a collection of garbage, or another process, makes one late now and then. */
function fluid(what, { frames, turns }) {
  const middle = [...turns].sort((a, b) => a - b)[Math.floor(turns.length / 2)];
  console.log(`  ${what}: ${turns.length} turns of ${FRAMES} frames, work of one ${middle.toFixed(0)} ms in the middle, ${Math.max(...turns).toFixed(0)} ms at most`);
  console.log(`frames of ${what}: ${frames.length} scrolled, ${frames.filter((ms) => ms > FRAME_MS).length} over ${FRAME_MS} ms`);
  assert.ok(middle <= FRAME_MS, `${middle} ms of work a turn`);
}

/** Bytes of JavaScript that live once the garbage is gone. */
async function heap(devtools) {
  await devtools.send('HeapProfiler.collectGarbage');
  return (await devtools.send('Runtime.getHeapUsage')).usedSize;
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
      const took = await scrolled(window);
      const standing = await rows.count();
      console.log(`plan rows: ${standing} standing, ${preview.plan.changes.length} in all`);
      assert.ok(standing < 100, `${standing} rows stand in the page`);
      assert.ok(await window.page.evaluate(() => window.scrollY > 5_000));
      await window.close();
      fluid(`a plan of ${preview.plan.changes.length} objects`, took);
    },
  },
  {
    name: 'a list of 100,000 releases stays fluid',
    async run({ browser }) {
      const server = await Server.start();
      try {
        const company = await Company.found(server);
        const service = await company.service('shop', web('hello'));
        const { admin } = company;
        const STATES = ['success', 'failed', 'pending', 'cancelled'];
        const row = (_, n) => JSON.stringify({ project: 'default', service: service.key, target: service.targets.production.key, raw_status: STATES[n % STATES.length], created_at: new Date(Date.UTC(2020, 0, 1) + n * 60_000).toISOString(), created_by: `person ${n % 40}`, reason: `row ${n}` });
        const { imported } = await admin.send('POST', '/releases/import', Array.from({ length: RELEASES }, row).join('\n'), { 'content-type': 'application/x-ndjson' });
        assert.equal(imported, RELEASES);
        const window = await open(browser, server.url);
        await as(window, admin);
        let pages = 0;
        window.page.on('request', (request) => { pages += request.url().includes('/api/v1/releases?') && request.url().includes('cursor=') ? 1 : 0; });
        await window.goto('/releases');
        await settled(window.page);
        const rows = window.page.getByRole('row');
        await rows.nth(10).waitFor();
        const took = await scrolled(window);
        const standing = await rows.count();
        console.log(`list rows: ${standing} standing, ${50 * (pages + 1)} read of ${imported}`);
        assert.ok(standing < 100, `${standing} rows stand in the page`);
        assert.ok(pages >= 10, `${pages} pages were read`);
        // What is new is read where it is new, not all of what was read so far.
        let again = 0;
        const place = () => window.page.evaluate(() => window.scrollY);
        const before = await place();
        window.page.on('request', (request) => { again += request.url().includes('/api/v1/releases?') ? 1 : 0; });
        await company.draft(admin, service, 'production');
        await window.page.getByRole('button', { name: '1 new – show' }).waitFor();
        console.log(`list renewed: ${again} pages read again, ${pages + 1} on screen`);
        assert.equal(await place(), before, 'the rows in view stay where they are');
        assert.ok(again <= 3, `${again} pages were read again`);
        await window.close();
        fluid(`a list of ${imported} releases`, took);
      } finally {
        await server.stop();
      }
    },
  },
  {
    name: 'a page that watches thousands of events grows by what it shows, and lets go of it',
    async run({ browser, company, scene }) {
      const { ada } = company.people;
      let draft = await company.draft(ada, scene.shop, 'staging', '8.0.0');
      const edit = async (times) => {
        for (let n = 0; n < times; n += 1) draft = await ada.call('PATCH', `/releases/${draft.id}`, { reason: `thought of again, ${draft.version}` }, { 'if-match': `"${draft.version}"` });
      };
      const window = await open(browser, company.server.url);
      const { page } = window;
      await as(window, ada);
      await window.goto(`/releases/${draft.id}?tab=timeline`);
      await settled(page);
      await page.getByText('Live', { exact: true }).first().waitFor();
      await page.getByRole('switch', { name: 'Follow' }).check({ force: true });
      const devtools = await window.context.newCDPSession(page);
      const shown = async () => {
        const { seq } = (await ada.timeline(draft.id)).at(-1);
        await page.locator(`#event-${seq}`).waitFor();
      };
      await edit(WARM);
      await shown();
      const before = await heap(devtools);
      await edit(EVENTS);
      await shown();
      const after = await heap(devtools);
      const standing = await page.locator('[id^=event-]').count();
      await page.getByRole('link', { name: 'Services' }).click();
      await page.waitForURL(/\/services/);
      await settled(page);
      const left = await heap(devtools);
      const mb = (bytes) => (bytes / MEGABYTE).toFixed(1);
      console.log(`  heap: ${mb(before)} MB before, ${mb(after)} MB after ${EVENTS} events, ${mb(left)} MB once the page is left`);
      console.log(`events watched: ${EVENTS} shown, ${standing} standing`);
      await window.close();
      assert.ok(after - before < KEPT_MB * MEGABYTE, `${mb(after - before)} MB more`);
      assert.ok(standing < 100, `${standing} events stand in the page`);
    },
  },
];
