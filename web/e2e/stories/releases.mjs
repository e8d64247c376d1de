// A release from its draft to the target and back again, by the people who do it.
import assert from 'node:assert/strict';
import { PHONE, as, axe, open, overflow, settled } from '../browser.mjs';
import { slow } from '../seed.mjs';

const APPLIED = { timeout: 60_000 };
/** The events on screen, once there are so many: each once, in order. */
export async function shownEvents(page, count) {
  const rows = page.locator('[role=listitem][id^=event-]');
  await page.waitForFunction((many) => document.querySelectorAll('[role=listitem][id^=event-]').length >= many, count);
  return rows.evaluateAll((all) => all.map((each) => Number(each.id.slice('event-'.length))));
}

export const state = (page, text) => page.getByRole('main').getByText(text, { exact: true }).first();

export const stories = [
  {
    name: 'previewed, submitted, approved by somebody else on a phone, applied live',
    async run({ browser, company, scene }) {
      const { ada, bob, olga } = company.people;
      const draft = await company.draft(ada, scene.shop, 'production', '2.0.0');
      const author = await open(browser, company.server.url);
      await as(author, ada);
      await author.goto(`/releases/${draft.id}`);
      await settled(author.page);
      await author.page.getByRole('button', { name: 'Preview', exact: true }).click();
      await author.page.getByRole('button', { name: 'Submit for approval' }).click();
      const sheet = author.page.getByRole('dialog');
      await sheet.getByRole('button', { name: 'Submit' }).click();
      await sheet.waitFor({ state: 'hidden' });
      await state(author.page, 'Waiting for approval').waitFor();

      const phone = await open(browser, company.server.url, { viewport: PHONE, hasTouch: true, isMobile: true });
      await as(phone, bob);
      await phone.goto(`/releases/${draft.id}?tab=approvals`);
      await settled(phone.page);
      assert.ok((await overflow(phone.page)) <= 1);
      assert.deepEqual(await axe(phone.page), []);
      await phone.page.getByRole('textbox', { name: /Comment/ }).fill('looks right');
      await phone.page.getByRole('button', { name: 'Approve', exact: true }).first().tap();
      await state(phone.page, 'Approved').waitFor();
      await phone.close();
      // Nobody reloads: the author's page hears of it.
      await state(author.page, 'Approved').waitFor();
      await author.close();

      const operator = await open(browser, company.server.url);
      await as(operator, olga);
      await operator.goto(`/releases/${draft.id}`);
      await settled(operator.page);
      await operator.page.getByRole('button', { name: 'Apply…' }).click();
      const confirm = operator.page.getByRole('dialog');
      const again = confirm.getByRole('button', { name: 'Go on with this plan' });
      const apply = confirm.getByRole('button', { name: /^Apply to/ });
      await apply.or(again).first().waitFor();
      if (await again.isVisible()) await again.click();
      const type = confirm.getByLabel(/^Type/);
      if (await type.isVisible()) await type.fill('production');
      await apply.click();
      await state(operator.page, 'Applied').waitFor(APPLIED);
      await operator.close();
      assert.equal((await olga.get(`/releases/${draft.id}`)).lifecycle_state, 'applied');
    },
  },
  {
    name: 'a failed release shows its cause first',
    async run({ browser, company, scene }) {
      const window = await open(browser, company.server.url);
      await as(window, company.people.olga);
      await window.goto(`/releases/${scene.failed.id}?tab=diagnostics`);
      await settled(window.page);
      const { items } = await company.people.olga.get(`/releases/${scene.failed.id}/diagnostics`);
      assert.ok(items.length > 0, 'nothing was collected');
      await window.page.getByText(items[0].summary).first().waitFor();
      await window.page.getByText('no database at db:5432').first().waitFor();
      await window.close();
    },
  },
  {
    name: 'the server is killed while a page watches: the page says so, goes on, and misses nothing',
    async run({ browser, company }) {
      const service = await company.service('slow', slow(25), { name: 'Slow', environments: ['dev'], variables: [] });
      const { olga } = company.people;
      const running = await company.applying(service, 'dev');
      const window = await open(browser, company.server.url, { outage: true });
      const { page } = window;
      await as(window, olga);
      await window.goto(`/releases/${running.id}?tab=timeline`);
      await settled(page);
      await page.getByText('Live', { exact: true }).first().waitFor();
      await company.server.kill();
      await page.getByText(/^(Reconnecting|Offline)/).first().waitFor();
      await company.server.launch();
      await page.getByText('Live', { exact: true }).first().waitFor({ timeout: 60_000 });
      await olga.until(running.id, (release) => release.lifecycle_state !== 'applying', 120_000);
      await state(page, 'Applied').waitFor(APPLIED);
      const events = await olga.timeline(running.id);
      assert.ok(events.some((event) => event.event_type === 'apply.succeeded'));
      assert.deepEqual(await shownEvents(page, events.length), events.map((event) => event.seq));
      // The event is shown a moment before the release has been read anew; what is left after that is stale.
      await page.getByRole('button', { name: /^(Apply|Cancel release)…/ }).first().waitFor({ state: 'detached', timeout: 2_000 });
      await window.close();
    },
  },
];
