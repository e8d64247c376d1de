// What a page shows while its data is on the way, when it does not come, once it has come after all, and where there is none.
import assert from 'node:assert/strict';
import { as, open, settled } from '../browser.mjs';
import { Company, web } from '../seed.mjs';
import { Server } from '../server.mjs';
import { routes } from './looks.mjs';

/** Forms, and what is not there: nothing is fetched for them. */
const WITHOUT_DATA = new Set(['preferences', 'password', 'new-service', 'new-target', 'missing']);
/** Who looks, and what they hear of. */
const OF_THE_SHELL = /\/api\/v1\/(auth\/me|events)/;
/** Not before a skeleton would flicker. */
const HELD_MS = 300;

/** Between a window and its server: holds what pages ask for, answers as a proxy without a server does, or lets it pass. */
async function gate(context) {
  let mode = 'pass';
  let waiting = [];
  await context.route('**/api/v1/**', async (route) => {
    if (OF_THE_SHELL.test(route.request().url())) return route.fallback();
    if (mode === 'hold') await new Promise((resolve) => waiting.push(resolve));
    if (mode === 'fail') return route.fulfill({ status: 502, contentType: 'text/html', body: '<h1>Bad gateway</h1>' });
    return route.fallback();
  });
  return (next) => {
    mode = next;
    waiting.forEach((resolve) => resolve());
    waiting = [];
  };
}

export const stories = [
  {
    name: 'every page says that it loads, what failed, and goes on when it is asked to',
    async run({ browser, company, scene, tell }) {
      const window = await open(browser, company.server.url, { expected: [502] });
      const { page } = window;
      await as(window, company.admin);
      const become = await gate(window.context);
      const wrong = [];
      const pages = Object.entries(routes(scene)).filter(([name]) => !WITHOUT_DATA.has(name));
      for (const [name, path] of pages) {
        const holds = async (what, promise) => promise.catch(() => wrong.push(`${name}: ${what}`));
        become('hold');
        await window.goto(path);
        await page.getByRole('heading', { level: 1 }).first().waitFor();
        await holds('nothing says that it loads', page.locator('main [aria-busy=true]').first().waitFor({ timeout: 5_000 }));
        await page.waitForTimeout(HELD_MS);
        become('fail');
        const again = page.locator('main').getByRole('button', { name: 'Try again' });
        await holds('nothing says that it failed', again.first().waitFor({ timeout: 5_000 }));
        await holds('it loads for ever', page.locator('main [aria-busy=true]').first().waitFor({ state: 'detached', timeout: 5_000 }));
        become('pass');
        // One region after the other: what was hidden behind one may fail, or load, as well.
        while (await again.count()) {
          const before = await again.count();
          await again.first().click();
          await holds('a second try changes nothing', page.waitForFunction((count) => [...document.querySelectorAll('main button')].filter((b) => b.textContent === 'Try again').length < count, before, { timeout: 5_000 }));
          if (wrong.some((line) => line.startsWith(`${name}: a second`))) break;
        }
        await holds('its data does not come', settled(page));
        await holds('it still says that something failed', again.first().waitFor({ state: 'detached', timeout: 5_000 }));
      }
      tell('loading and failing', pages.length, wrong.length);
      await window.close();
      assert.deepEqual(wrong, []);
    },
  },
  {
    name: 'where there is nothing, the page says why and what to do',
    async run({ browser, company, scene, tell }) {
      const bare = await Server.start({ DOCKER_HOST: 'unix:///nowhere/docker.sock' });
      const wrong = [];
      let looked = 0;
      /** What each page says, and what leads on from it. */
      const walk = async (server, person, pages) => {
        const window = await open(browser, server.url, { expected: [403] });
        await as(window, person);
        for (const [path, [said, next]] of Object.entries(pages)) {
          await window.goto(path);
          await settled(window.page);
          const main = window.page.locator('main');
          const shown = await main.innerText();
          if (!shown.includes(said)) wrong.push(`${path}: ${shown}`);
          if (next && (await main.getByRole('link', { name: next, exact: true }).or(main.getByRole('button', { name: next, exact: true })).count()) === 0) wrong.push(`${path}: nothing called ${next}`);
          looked += 1;
        }
        await window.close();
      };
      try {
        const founded = await Company.found(bare);
        const { id } = await founded.admin.post('/projects', { key: 'bare', name: 'Bare' });
        const filtered = ['Nothing matches these filters', 'Clear filters'];
        await walk(bare, founded.admin, {
          '/': ['Three steps to the first release', 'Add a target: a cluster or a Docker host'],
          [`/releases?project=${id}`]: ['No release yet', 'New release'],
          '/releases?q=nowhere': filtered,
          [`/releases/new?project=${id}`]: ['There is no service yet', 'Add a service'],
          '/approvals': ['Nothing waits for you', 'Releases waiting for others'],
          [`/services?project=${id}`]: ['There are no services yet', 'New service'],
          '/services?q=nowhere': filtered,
          [`/targets?project=${id}`]: ['There are no targets yet', 'New target'],
          '/targets?q=nowhere': filtered,
          '/policies': ['Nothing is frozen.', 'Stop the line'],
          '/audit?channel=mcp': filtered,
          '/settings/tokens': ['There are no tokens', 'New token'],
        });
        const service = await company.service('empty', web('nothing yet'), { name: 'Empty', environments: ['dev'] });
        const draft = await company.draft(company.people.ada, service, 'dev');
        await walk(company.server, company.people.ada, {
          [`/releases/${draft.id}?tab=plan`]: ['There is no plan yet'],
          [`/releases/${draft.id}?tab=objects`]: ['Nothing observed yet'],
          [`/releases/${draft.id}?tab=diagnostics`]: ['Nothing collected'],
          [`/releases/${draft.id}?tab=approvals`]: ['No approval'],
          [`/services/${service.id}`]: ['It runs nowhere yet'],
          [`/targets/${service.targets.dev.id}`]: ['Nothing was applied here yet'],
        });
        await walk(company.server, company.people.vera, { [`/releases/${scene.failed.id}?tab=diagnostics`]: ['You may not read this'] });
      } finally {
        await bare.stop();
      }
      tell('empty', looked, wrong.length);
      assert.deepEqual(wrong, []);
    },
  },
];
