// The command center where no model is configured: everything by commands, everything through the same sheets and panels.
import assert from 'node:assert/strict';
import { as, axe, open, overflow, settled, still } from '../browser.mjs';
import { Keys } from '../keys.mjs';
import { web } from '../seed.mjs';

const LONG = { timeout: 60_000 };
let told = 0;

const line = (page) => page.getByRole('textbox', { name: 'Command or message' });
/** The newest card that asks for this. */
const card = (page, name) => page.getByRole('article', { name, exact: true }).last();

async function say(page, text) {
  await line(page).fill(text);
  await line(page).press('Enter');
}

/** Confirms what a card asks for, in the sheet that the release's own page has. */
async function confirm(page, asked, button, confirmed) {
  await asked.getByRole('button', { name: button, exact: true }).click();
  const sheet = page.getByRole('dialog');
  const send = sheet.getByRole('button', { name: confirmed });
  await send.waitFor(LONG);
  const type = sheet.getByLabel(/^Type/);
  if (await type.isVisible()) await type.fill('production');
  await send.click();
  await sheet.waitFor({ state: 'hidden' });
  await asked.getByText('Confirmed', { exact: true }).waitFor();
}

/** Somebody who may release and roll back, a service of theirs that runs in production, and their window on `/ai`. */
async function begun(browser, company) {
  const key = `center-${(told += 1)}`;
  const person = await company.hire(`nora-${told}`, 'developer');
  await company.admin.post('/grants', { subject: `user:${person.user.id}`, role: 'operator', project_id: company.project.id, environment_id: '*' });
  const service = await company.service(key, web('said'), { name: `Center ${told}` });
  const before = await company.applied(service, 'production', '1.0.0');
  const window = await open(browser, company.server.url);
  await as(window, person);
  await window.goto('/ai');
  await settled(window.page);
  return { key, person, service, before, window, page: window.page };
}

export const stories = [
  {
    name: 'the command center without a model: drafted, previewed, submitted, approved by somebody else, applied, watched, rolled back',
    async run({ browser, company }) {
      const { key, person, service, before, window, page } = await begun(browser, company);
      await page.getByText('No model is configured: commands work without one.').waitFor();
      await say(page, `release ${key} 2.0.0 to production on ${key}-production because the story says so`);
      const first = card(page, 'Submit for approval');
      await first.getByText('Waits for you').waitFor(LONG);
      await page.waitForURL(/session=/);
      await first.getByText('you may do this now').waitFor();

      // Another value is another plan: the draft is edited, the card declined, and a new one asked for.
      await first.getByRole('button', { name: 'Change values…' }).click();
      await first.getByRole('textbox', { name: 'VERSION' }).fill('2.0.1');
      await first.getByRole('button', { name: 'Save and ask anew' }).click();
      await page.getByText('Declined', { exact: true }).waitFor();
      const submitting = card(page, 'Submit for approval');
      await submitting.getByText('Waits for you').waitFor(LONG);
      await submitting.getByRole('definition').getByText('2.0.1').waitFor();
      await submitting.getByRole('list', { name: 'Objects of the plan' }).waitFor();
      await still(page);
      assert.deepEqual(await axe(page), []);
      assert.ok((await overflow(page)) <= 1);
      const { items } = await person.get(`/releases?service=${service.id}&limit=1`);
      const [{ id, number }] = items;
      assert.equal(items[0].lifecycle_state, 'previewed');
      await confirm(page, submitting, 'Submit for approval', 'Submit');
      await submitting.getByText('Nobody has decided yet.').waitFor();

      const approver = await open(browser, company.server.url);
      await as(approver, company.people.bob);
      await approver.goto('/approvals');
      await settled(approver.page);
      await approver.page.getByRole('button', { name: new RegExp(`#${number} Center`) }).click();
      await approver.page.getByRole('button', { name: 'Approve', exact: true }).click();
      await approver.page.getByRole('button', { name: new RegExp(`#${number} Center`) }).waitFor({ state: 'detached' });
      await approver.close();
      // Nobody reloads: the card hears of it, and offers what to say next.
      await submitting.getByRole('button', { name: `apply ${number}` }).click();
      const applying = card(page, 'Apply');
      await applying.getByText('Waits for you').waitFor(LONG);
      await confirm(page, applying, 'Apply…', /^Apply to/);
      await applying.getByRole('list', { name: 'Timeline' }).getByText('Applied', { exact: true }).waitFor(LONG);
      assert.equal((await person.get(`/releases/${id}`)).is_current, true);
      await line(page).press('ArrowUp');
      assert.equal(await line(page).inputValue(), `apply ${number}`);
      await say(page, `rollback ${key} in production`);
      const back = card(page, 'Roll back');
      await back.getByText('Waits for you').waitFor(LONG);
      await confirm(page, back, 'Roll back…', /^Roll back/);
      await back.getByText('Returned to an earlier release.').waitFor(LONG);
      assert.equal((await person.get(`/releases/${id}`)).lifecycle_state, 'rolled_back');
      assert.equal((await person.get(`/releases/${before.id}`)).is_current, true);
      const events = await person.timeline(id);
      const who = (type) => {
        const event = events.find((each) => each.event_type === type);
        return [event.actor.kind, event.actor.name, event.channel, event.on_behalf_of?.name];
      };
      const name = person.user.username;
      assert.deepEqual(who('release.created').slice(2), ['ai', name]);
      assert.equal(who('release.created')[0], 'assistant');
      for (const type of ['approval.requested', 'apply.requested', 'rollback.requested']) assert.deepEqual(who(type), ['human', name, 'ai', undefined], type);
      assert.deepEqual(who('approval.decided'), ['human', 'bob', 'ui', undefined]);

      // The session is the server's: another look at it shows the same.
      await page.reload();
      await settled(page);
      await card(page, 'Roll back').getByText('Confirmed', { exact: true }).waitFor();
      await page.getByRole('link', { name: `#${number} Center` }).first().waitFor();
      console.log(`assistant: 3 confirmations, ${events.length} events`);
      await window.close();
    },
  },
  {
    name: 'with the keyboard alone in the command center: opened, a command said, its card declined, said again and confirmed',
    async run({ browser, company }) {
      const { key, window, page } = await begun(browser, company);
      const keys = new Keys(page);
      await window.goto('/');
      await settled(page);
      await keys.press('g');
      await keys.press('i');
      await page.waitForURL(/\/ai/);
      await keys.stands('h1');
      await settled(page);
      await keys.press('/');
      await keys.stands('textarea');
      await keys.type(`release ${key} 3.0.0 to production on ${key}-production`);
      await keys.press('Enter');
      const asked = card(page, 'Submit for approval');
      await asked.getByText('Waits for you').waitFor(LONG);
      await asked.getByRole('list', { name: 'Objects of the plan' }).waitFor();
      await keys.use(asked.getByRole('button', { name: 'Decline' }));
      await page.getByText('Declined', { exact: true }).waitFor();
      // Where the button was is nothing now: the line is next.
      await keys.stands('[data-focus-home]');
      await keys.press('Tab');
      await keys.stands('textarea');
      await keys.press('ArrowUp');
      await keys.press('Enter');
      await card(page, 'Submit for approval').getByText('Waits for you').waitFor(LONG);
      await card(page, 'Submit for approval').getByRole('list', { name: 'Objects of the plan' }).waitFor();
      await keys.use(card(page, 'Submit for approval').getByRole('button', { name: 'Submit for approval' }));
      const sheet = page.getByRole('dialog');
      await sheet.getByRole('button', { name: 'Submit' }).waitFor(LONG);
      await keys.press('Control+Enter');
      await sheet.waitFor({ state: 'hidden' });
      await page.getByText('Confirmed', { exact: true }).waitFor();
      await keys.stands('body *');
      await window.close();
    },
  },
];
