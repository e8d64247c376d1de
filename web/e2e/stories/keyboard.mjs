// Without a mouse: the whole chain, and every page from its first stop to its last.
import assert from 'node:assert/strict';
import { as, open, settled } from '../browser.mjs';
import { Keys } from '../keys.mjs';
import { PASSWORD, web } from '../seed.mjs';
import { routes } from './looks.mjs';
import { state } from './releases.mjs';

const LONG = { timeout: 60_000 };

/** Opens the app signed out, and signs in. */
async function signedIn(browser, company, username, path = '/') {
  const window = await open(browser, company.server.url);
  const { page } = window;
  const keys = new Keys(page);
  await window.goto(path);
  await page.waitForURL(/\/login/);
  await keys.to(page.getByLabel('Username'));
  await keys.type(username);
  await keys.press('Tab');
  await keys.type(PASSWORD);
  await keys.press('Enter');
  await page.waitForURL((url) => url.pathname === path);
  await page.getByRole('navigation', { name: 'Main' }).waitFor();
  await keys.stands('h1');
  await settled(page);
  return { window, page, keys };
}

/** Goes down a list until its row with that text is chosen, and takes it. */
async function choose({ keys }, chosen, text) {
  for (let presses = 0; presses < 20 && (await chosen.filter({ hasText: text }).count()) === 0; presses += 1) {
    await keys.press('ArrowDown');
    // Rows that come meanwhile from the server begin the list anew: then nothing is chosen.
    await chosen.waitFor({ timeout: 2_000 }).catch(() => undefined);
  }
  await keys.press('Enter');
}

/** Picks from a list that narrows as one types. */
async function pick(person, label, text) {
  const { page, keys } = person;
  await keys.to(page.getByRole('combobox', { name: label }));
  await keys.type(text);
  const row = new RegExp(`^${text}`);
  await page.getByRole('option', { name: row }).waitFor();
  await choose(person, page.locator('[role=option][data-combobox-selected=true]'), row);
}

/** Runs a line of the palette. */
async function command(person, typed, line) {
  const { page, keys } = person;
  await keys.press('Control+k');
  const palette = page.getByRole('dialog', { name: 'Search and commands' });
  await keys.stands('[role=dialog] input');
  await keys.type(typed);
  await palette.getByText(line).first().waitFor();
  await choose(person, palette.locator('[data-selected=true]'), line);
}

const dialog = (page) => page.getByRole('dialog');

export const stories = [
  {
    name: 'with the keyboard alone: sign in, draft, preview, submit, approve, apply, watch, roll back',
    async run({ browser, company }) {
      const { admin } = company;
      const service = await company.service('keys', web('typed'), { name: 'Keys', environments: ['production'] });
      const before = await company.applied(service, 'production', '3.1.3');

      const author = await signedIn(browser, company, 'ada', '/releases');
      await author.keys.press('c');
      await author.page.waitForURL(/\/releases\/new/);
      await author.keys.stands('h1');
      await settled(author.page);
      await pick(author, 'Service', service.name);
      await author.page.waitForURL(/service=/);
      await author.page.waitForFunction(() => [...document.querySelectorAll('main input')].every((input) => !input.disabled));
      await pick(author, 'Target', `${service.name} in`);
      await author.page.waitForURL(/target=/);
      await author.keys.use(author.page.getByRole('button', { name: 'Make draft' }));
      await author.page.waitForURL(/draft=/);
      await author.keys.stands('h1');
      await settled(author.page);
      await author.keys.to(author.page.getByRole('textbox', { name: /^VERSION/ }));
      await author.keys.press('Control+a');
      await author.keys.type('3.1.4');
      await author.keys.use(author.page.getByRole('button', { name: /^Save/ }));
      const submit = author.page.getByRole('button', { name: 'Submit for approval' });
      await submit.waitFor(LONG);
      await author.keys.stands('h1');
      await author.keys.use(author.page.getByRole('list', { name: 'Objects of the plan' }).getByRole('button', { expanded: false }).first());
      await author.page.getByRole('rowheader').first().waitFor();
      await author.keys.use(submit);
      await dialog(author.page).getByRole('button', { name: 'Submit' }).waitFor();
      await author.keys.to(dialog(author.page).getByRole('textbox', { name: /^Comment/ }));
      await author.keys.type('typed, every letter');
      await author.keys.press('Control+Enter');
      await author.page.waitForURL(/\/releases\/[0-9a-f-]{36}/);
      await state(author.page, 'Waiting for approval').waitFor();
      await author.keys.stands('h1');
      const id = /releases\/([0-9a-f-]{36})/.exec(author.page.url())[1];
      const { number } = await admin.get(`/releases/${id}`);

      const approver = await signedIn(browser, company, 'bob');
      await approver.keys.press('g');
      await approver.keys.press('a');
      await approver.page.waitForURL(/\/approvals/);
      await approver.keys.stands('h1');
      await settled(approver.page);
      await approver.keys.use(approver.page.getByRole('button', { name: new RegExp(`#${number} Keys`) }));
      const comment = approver.page.getByRole('textbox', { name: /^Comment/ });
      await comment.waitFor();
      await approver.page.getByRole('list', { name: 'Objects of the plan' }).waitFor();
      await approver.keys.to(comment);
      await approver.keys.type('looks right');
      await approver.keys.use(approver.page.getByRole('button', { name: 'Approve', exact: true }));
      await approver.page.getByRole('button', { name: new RegExp(`#${number} Keys`) }).waitFor({ state: 'detached' });
      await approver.keys.stands('h1');
      await approver.window.close();
      // Nobody reloads: the author's page hears of it.
      await state(author.page, 'Approved').waitFor();
      await author.window.close();

      const operator = await signedIn(browser, company, 'olga');
      await command(operator, `#${number}`, new RegExp(`^#${number} Keys`));
      await operator.page.waitForURL(new RegExp(id));
      await operator.keys.stands('h1');
      await settled(operator.page);
      await command(operator, 'Apply', 'Apply…');
      await dialog(operator.page).getByRole('button', { name: /^Apply to/ }).waitFor(LONG);
      await operator.keys.press('Control+Enter');
      await dialog(operator.page).waitFor({ state: 'hidden' });
      await operator.keys.to(operator.page.getByRole('tab', { selected: true }));
      const timeline = operator.page.getByRole('tab', { name: 'Timeline', selected: true });
      for (let presses = 0; presses < 7 && (await timeline.count()) === 0; presses += 1) await operator.keys.press('ArrowRight');
      await operator.page.getByRole('list', { name: 'Timeline' }).getByText('Applied', { exact: true }).waitFor(LONG);
      await state(operator.page, 'Applied').waitFor(LONG);
      assert.equal((await admin.get(`/releases/${id}`)).is_current, true);

      await operator.keys.use(operator.page.getByRole('button', { name: 'Roll back…' }).first());
      const sheet = dialog(operator.page);
      const reason = sheet.getByRole('textbox', { name: /^Reason/ });
      await reason.waitFor(LONG);
      await operator.keys.to(reason);
      await operator.keys.type('the keys were sticky');
      await operator.keys.to(sheet.getByRole('textbox', { name: /^Type/ }));
      await operator.keys.type('production');
      await operator.keys.press('Control+Enter');
      await sheet.waitFor({ state: 'hidden' });
      await state(operator.page, 'Rolled back').waitFor(LONG);
      await operator.keys.stands('body *');
      assert.equal((await admin.get(`/releases/${id}`)).lifecycle_state, 'rolled_back');
      assert.equal((await admin.get(`/releases/${before.id}`)).is_current, true);
      await operator.window.close();
    },
  },
  {
    name: 'every page is walked with Tab and back: each stop is seen, in the order of the page, and none holds',
    async run({ browser, company, scene }) {
      const window = await open(browser, company.server.url, { expected: [404] });
      const { page } = window;
      await as(window, company.admin);
      const keys = new Keys(page);
      const wrong = [];
      let stops = 0;
      // The whole record has no end.
      const pages = { ...routes(scene), audit: `/audit?release=${scene.pending.id}` };
      for (const [name, path] of Object.entries(pages)) {
        await window.goto(path);
        await settled(page);
        const there = await keys.round();
        const back = await keys.round('Shift+Tab');
        stops += there.stops.size;
        wrong.push(...[...there.wrong, ...back.wrong].map((each) => `${name}: ${each}`));
        if (there.stops.size < 8) wrong.push(`${name}: only ${[...there.stops.values()]}`);
        const missed = (one, other) => [...one.stops].flatMap(([stop, called]) => (other.stops.has(stop) ? [] : [called]));
        wrong.push(...missed(there, back).map((each) => `${name}: ${each} is met on the way there only`), ...missed(back, there).map((each) => `${name}: ${each} is met on the way back only`));
      }
      console.log(`keyboard: ${Object.keys(pages).length} pages walked, ${stops} stops seen, ${wrong.length} wrong`);
      await window.close();
      assert.deepEqual(wrong, []);
    },
  },
];
