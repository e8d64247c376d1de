// Signing in, and a session that ends while somebody types.
import assert from 'node:assert/strict';
import { as, open, settled, signIn } from '../browser.mjs';

export const stories = [
  {
    name: 'a wrong password says so, the right one leads where one wanted to go',
    async run({ browser, company }) {
      const window = await open(browser, company.server.url, { expected: [401] });
      const { page } = window;
      await window.goto('/services');
      await page.waitForURL(/\/login/);
      await signIn(window, 'vera', 'not her password');
      await page.getByRole('alert').waitFor();
      await signIn(window, 'vera');
      await page.waitForURL(/\/services/);
      await settled(page);
      assert.match(await page.title(), /Services/);
      await window.close();
    },
  },
  {
    name: 'a session that ends in the middle of a form opens the sign-in, and what was typed stays',
    async run({ browser, company }) {
      const { Api } = await import('../api.mjs');
      const { PASSWORD } = await import('../seed.mjs');
      const window = await open(browser, company.server.url, { expected: [401] });
      const { page } = window;
      await as(window, await Api.signIn(company.server.url, 'ada', PASSWORD));
      await window.goto('/settings/tokens');
      await settled(page);
      await page.getByRole('button', { name: 'New token' }).click();
      await page.getByRole('textbox', { name: 'Name' }).fill('a token for my script');
      const id = company.people.ada.user.id;
      await company.admin.call('DELETE', `/users/${id}/sessions`);
      company.people.ada = await Api.signIn(company.server.url, 'ada', PASSWORD);
      // The stream ends with the session, so nobody has to press anything to hear of it.
      const sheet = page.getByRole('dialog', { name: 'Your session has ended' });
      await sheet.waitFor();
      await sheet.getByLabel(/^Password/).fill(PASSWORD);
      await sheet.getByRole('button', { name: 'Sign in' }).click();
      await sheet.waitFor({ state: 'hidden' });
      assert.equal(await page.getByRole('textbox', { name: 'Name' }).inputValue(), 'a token for my script');
      await page.getByRole('button', { name: 'Create' }).click();
      await page.getByText('Your new token').waitFor();
      await window.close();
    },
  },
];
