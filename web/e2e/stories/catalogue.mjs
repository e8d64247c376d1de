// Services, targets, policies, audit and settings as people use them.
import assert from 'node:assert/strict';
import { as, open, settled } from '../browser.mjs';

export const stories = [
  {
    name: 'a service is written, and what is wrong stands at its line',
    async run({ browser, company }) {
      const window = await open(browser, company.server.url);
      const { page } = window;
      await as(window, company.admin);
      await window.goto('/services/new');
      await settled(page);
      await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Written here');
      const editor = page.getByRole('textbox', { name: 'Contents of compose.yaml' });
      await editor.click();
      await page.keyboard.press('Control+a');
      await page.keyboard.insertText('services:\n  web:\n    image: testbed/busybox:1\n    nonsense: 1\n');
      await page.locator('.cm-problem-error').waitFor();
      assert.equal(await page.locator('.cm-line').nth(3).getAttribute('class').then((c) => c?.includes('cm-problem-error')), true);
      await page.keyboard.press('Control+a');
      await page.keyboard.insertText('services:\n  web:\n    image: testbed/busybox:1\n');
      await page.getByText('Well-formed').waitFor();
      await page.getByRole('button', { name: 'Create' }).click();
      await page.waitForURL(/\/services\/[0-9a-f-]{36}/);
      await page.getByRole('heading', { level: 1, name: 'Written here' }).waitFor();
      await window.close();
    },
  },
  {
    name: 'a target is tested from its page',
    async run({ browser, company, scene }) {
      const window = await open(browser, company.server.url);
      const { page } = window;
      await as(window, company.admin);
      await window.goto(`/targets/${scene.shop.targets.production.id}`);
      await settled(page);
      await page.getByRole('button', { name: 'Test connection' }).click();
      await page.getByText(/Answered in \d+ ms/).waitFor();
      await page.getByText('Reachable', { exact: true }).first().waitFor();
      await window.close();
    },
  },
  {
    name: 'a weaker policy is marked before it is saved, and stands in the history',
    async run({ browser, company }) {
      const window = await open(browser, company.server.url);
      const { page } = window;
      await as(window, company.admin);
      await window.goto(`/policies?environment=${company.environments.staging.id}`);
      await settled(page);
      await page.getByLabel('People may approve their own releases').click();
      await page.getByText('weaker', { exact: true }).waitFor();
      await page.getByRole('button', { name: 'Save policy' }).click();
      await page.getByText('weaker', { exact: true }).waitFor({ state: 'hidden' });
      await page.getByRole('tab', { name: 'History' }).click();
      await page.getByText('allow_self_approval').first().waitFor();
      await window.close();
    },
  },
  {
    name: 'the line is stopped and goes on',
    async run({ browser, company }) {
      const window = await open(browser, company.server.url);
      const { page } = window;
      await as(window, company.admin);
      await window.goto('/policies');
      await settled(page);
      await page.getByRole('button', { name: 'Stop the line' }).click();
      await page.getByRole('textbox', { name: 'Name', exact: true }).fill('stocktaking');
      await page.getByRole('textbox', { name: 'Reason' }).fill('counting');
      await page.getByRole('button', { name: 'Stop releases' }).click();
      await page.getByText('stocktaking · Everything').waitFor();
      await page.getByRole('button', { name: 'End freeze' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'End freeze' }).click();
      await page.getByText('Nothing is frozen.').waitFor();
      await window.close();
    },
  },
  {
    name: 'the chain is verified by the server and by the browser',
    async run({ browser, company }) {
      const window = await open(browser, company.server.url);
      const { page } = window;
      await as(window, company.admin);
      await window.goto('/audit');
      await settled(page);
      await page.getByRole('button', { name: 'Verify' }).click();
      await page.getByText(/\d+ events, chain intact to head/).waitFor();
      await page.getByText(/This browser recomputed \d+ events/).waitFor();
      await window.close();
    },
  },
  {
    name: 'a control that is not allowed stays, and says why',
    async run({ browser, company }) {
      const window = await open(browser, company.server.url);
      const { page } = window;
      await as(window, company.people.vera);
      let seen = 0;
      for (const path of ['/services', '/targets', '/policies']) {
        await window.goto(path);
        await settled(page);
        for (const button of await page.locator('main [aria-disabled=true]').all()) {
          const described = await button.getAttribute('aria-describedby');
          assert.ok(described, `${path}: ${await button.innerText()} has no reason`);
          assert.ok((await page.locator(`[id="${described.split(' ').at(-1)}"]`).innerText()).length > 3);
          await button.focus();
          await page.getByRole('tooltip').first().waitFor();
          seen += 1;
        }
      }
      assert.ok(seen >= 3, `${seen} controls`);
      await window.close();
    },
  },
];
