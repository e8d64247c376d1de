// The chain where it is hard: a failure and the way back, and several people and tabs at once.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { as, open, settled } from '../browser.mjs';
import { Api } from '../api.mjs';
import { PASSWORD, VERSIONED, crashing, slow, web } from '../seed.mjs';
import { shownEvents, state } from './releases.mjs';

const LONG = { timeout: 60_000 };
const ended = (release) => !['applying', 'rollback'].includes(release.lifecycle_state);

/** The network between a browser and the server: cut and mended as a story asks. */
class Line {
  static async to(url) {
    const line = new Line();
    line.sockets = new Set();
    line.broken = false;
    const { hostname, port } = new URL(url);
    line.server = createServer((near) => {
      if (line.broken) return near.destroy();
      const far = connect(Number(port), hostname);
      for (const [socket, other] of [[near, far], [far, near]]) {
        line.sockets.add(socket);
        socket.on('error', () => other.destroy());
        socket.on('close', () => {
          line.sockets.delete(socket);
          other.destroy();
        });
        socket.pipe(other);
      }
    }).listen(0, '127.0.0.1');
    await once(line.server, 'listening');
    line.url = `http://127.0.0.1:${line.server.address().port}`;
    return line;
  }

  cut() {
    this.broken = true;
    for (const socket of this.sockets) socket.destroy();
  }

  mend() {
    this.broken = false;
  }

  async close() {
    this.cut();
    this.server.close();
    await once(this.server, 'close');
  }
}

async function written(company, service, content) {
  const now = await company.admin.get(`/services/${service.id}`);
  await company.admin.call('PATCH', `/services/${service.id}`, { manifest: { files: [{ path: 'compose.yaml', content }] } }, { 'if-match': `"${now.version}"` });
}

export const stories = [
  {
    name: 'a release fails, its page says why, and it is rolled back from there',
    async run({ browser, company }) {
      const { olga } = company.people;
      const service = await company.service('fickle', web('it works'), { name: 'Fickle', environments: ['dev'] });
      const first = await company.applied(service, 'dev', '1.0.0');
      assert.equal(first.lifecycle_state, 'applied');
      await written(company, service, crashing);
      const failed = await company.applied(service, 'dev', '1.1.0');
      assert.equal(failed.lifecycle_state, 'failed');

      const window = await open(browser, company.server.url);
      const { page } = window;
      await as(window, olga);
      await window.goto(`/releases/${failed.id}`);
      await settled(page);
      await page.getByText('no database at db:5432').first().waitFor();
      await page.getByRole('button', { name: 'Roll back…' }).first().click();
      const sheet = page.getByRole('dialog');
      await sheet.getByRole('textbox', { name: /^Reason/ }).fill('it does not start');
      await sheet.getByRole('button', { name: /^Roll back Fickle/ }).click();
      await sheet.waitFor({ state: 'hidden' });
      await state(page, 'Rolled back').waitFor(LONG);
      await page.getByRole('link', { name: 'What ran before' }).waitFor();
      assert.equal((await olga.get(`/releases/${failed.id}`)).lifecycle_state, 'rolled_back');
      assert.equal((await olga.get(`/releases/${first.id}`)).is_current, true);
      await window.close();
    },
  },
  {
    name: 'two tabs of one person hold one stream, and what is decided in one is decided in the other',
    async run({ browser, company, scene }) {
      const { ada, bob } = company.people;
      const asked = await company.submitted(ada, scene.shop, 'production', '5.0.0');
      const window = await open(browser, company.server.url);
      let streams = 0;
      window.context.on('request', (request) => { streams += request.url().includes('/api/v1/events') ? 1 : 0; });
      await as(window, bob);
      const other = await window.context.newPage();
      for (const page of [window.page, other]) {
        await page.goto(`${window.url}/approvals`);
        await settled(page);
        await page.getByText('Live', { exact: true }).first().waitFor();
        await page.getByRole('button', { name: new RegExp(`#${asked.number} Shop`) }).waitFor();
      }
      assert.equal(streams, 1);
      const row = window.page.getByRole('button', { name: new RegExp(`#${asked.number} Shop`) });
      await row.click();
      await window.page.getByRole('button', { name: 'Approve', exact: true }).click();
      for (const page of [window.page, other]) await page.getByRole('button', { name: new RegExp(`#${asked.number} Shop`) }).waitFor({ state: 'detached' });
      await window.close();
    },
  },
  {
    name: 'two people edit one draft: the second is told, and keeps what they typed',
    async run({ browser, company, scene }) {
      const draft = await company.draft(company.people.ada, scene.shop, 'staging', '6.0.0');
      const [one, two] = [await open(browser, company.server.url), await open(browser, company.server.url, { expected: [412] })];
      for (const window of [one, two]) {
        await as(window, company.people.ada);
        await window.goto(`/releases/new?draft=${draft.id}&step=draft`);
        await settled(window.page);
        await window.page.getByRole('textbox', { name: /^VERSION/ }).waitFor();
      }
      await one.page.getByRole('textbox', { name: /^VERSION/ }).fill('6.0.1');
      await two.page.getByRole('textbox', { name: /^VERSION/ }).fill('6.0.2');
      const save = (window) => window.page.getByRole('button', { name: /^Save/ });
      await save(one).click();
      await one.page.waitForURL(/step=preview/);
      await save(two).click();
      await two.page.getByRole('alert').first().waitFor();
      assert.equal(await two.page.getByRole('textbox', { name: /^VERSION/ }).inputValue(), '6.0.2');
      await save(two).click();
      await two.page.waitForURL(/step=preview/);
      assert.equal((await company.admin.get(`/releases/${draft.id}`)).app_version, '6.0.2');
      await one.close();
      await two.close();
    },
  },
  {
    name: 'a busy target closes the other release with its reason, and opens it when it is free',
    async run({ browser, company }) {
      const { ada, olga } = company.people;
      const service = await company.service('busy', slow(12), { name: 'Busy', environments: ['dev'], variables: VERSIONED });
      const second = await company.submitted(ada, service, 'dev', '2.0.0');
      const first = await company.applying(service, 'dev', '1.0.0');
      const window = await open(browser, company.server.url);
      const { page } = window;
      await as(window, olga);
      await window.goto(`/releases/${second.id}`);
      await settled(page);
      const apply = page.getByRole('button', { name: 'Apply…' });
      await page.waitForFunction(() => [...document.querySelectorAll('button[aria-disabled=true]')].some((button) => button.textContent === 'Apply…'));
      const described = await apply.getAttribute('aria-describedby');
      assert.match(await page.locator(`[id="${described.split(' ').at(-1)}"]`).innerText(), /running/);
      await olga.until(first.id, ended, 120_000);
      await page.waitForFunction(() => [...document.querySelectorAll('button')].some((button) => button.textContent === 'Apply…' && button.getAttribute('aria-disabled') !== 'true'));
      await window.close();
    },
  },
  {
    name: 'a stream that is cut goes on where it was: every event once, in order',
    async run({ browser, company }) {
      const service = await company.service('cut', slow(15), { name: 'Cut', environments: ['dev'], variables: [] });
      const { olga } = company.people;
      const running = await company.applying(service, 'dev');
      const line = await Line.to(company.server.url);
      const window = await open(browser, line.url, { outage: true });
      const { page } = window;
      try {
        await as(window, olga);
        await window.goto(`/releases/${running.id}?tab=timeline`);
        await settled(page);
        await page.getByText('Live', { exact: true }).first().waitFor();
        line.cut();
        await page.getByText(/^(Reconnecting|Offline)/).first().waitFor();
        await olga.until(running.id, ended, 120_000);
        line.mend();
        await page.getByText('Live', { exact: true }).first().waitFor(LONG);
        await state(page, 'Applied').waitFor(LONG);
        const events = await olga.timeline(running.id);
        assert.deepEqual(await shownEvents(page, events.length), events.map((event) => event.seq));
        await window.close();
      } finally {
        await line.close();
      }
    },
  },
  {
    name: 'a session that ends in the middle of a draft: signed in again, it is saved as it was typed',
    async run({ browser, company, scene }) {
      const mine = await Api.signIn(company.server.url, 'ada', PASSWORD);
      const draft = await company.draft(company.people.ada, scene.shop, 'staging', '7.0.0');
      const window = await open(browser, company.server.url, { expected: [401] });
      const { page } = window;
      await as(window, mine);
      await window.goto(`/releases/new?draft=${draft.id}&step=draft`);
      await settled(page);
      await page.getByRole('textbox', { name: /^VERSION/ }).fill('7.7.7');
      await page.getByRole('textbox', { name: /^Reason/ }).fill('typed before the session ended');
      await mine.post('/auth/logout');
      const sheet = page.getByRole('dialog', { name: 'Your session has ended' });
      const save = page.getByRole('button', { name: /^Save/ });
      await save.click();
      await sheet.waitFor();
      await sheet.getByLabel(/^Password/).fill(PASSWORD);
      await sheet.getByRole('button', { name: 'Sign in' }).click();
      await sheet.waitFor({ state: 'hidden' });
      assert.equal(await page.getByRole('textbox', { name: /^VERSION/ }).inputValue(), '7.7.7');
      await save.click();
      await page.waitForURL(/step=preview/);
      const saved = await company.admin.get(`/releases/${draft.id}`);
      assert.deepEqual([saved.app_version, saved.reason], ['7.7.7', 'typed before the session ended']);
      await window.close();
    },
  },
];
