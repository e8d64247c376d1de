// Every route in both schemes, on a phone and in Chinese: accessible, nothing wider than the window, and a picture to look
// at. Then every menu is opened, and the policy of the page must still stand.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DESKTOP, PHONE, as, axe, open, overflow, settled, still } from '../browser.mjs';

const LOOKS = {
  light: { viewport: DESKTOP, colorScheme: 'light' },
  dark: { viewport: DESKTOP, colorScheme: 'dark' },
  phone: { viewport: PHONE, colorScheme: 'light', hasTouch: true, isMobile: true },
  'phone-dark': { viewport: PHONE, colorScheme: 'dark', hasTouch: true, isMobile: true },
  zh: { viewport: DESKTOP, colorScheme: 'light', locale: 'zh-CN' },
};

export const routes = (scene) => ({
  overview: '/',
  releases: '/releases',
  'release-applied': `/releases/${scene.applied.id}`,
  'release-failed': `/releases/${scene.failed.id}?tab=diagnostics`,
  'release-pending': `/releases/${scene.pending.id}`,
  timeline: `/releases/${scene.applied.id}?tab=timeline`,
  'new-release': '/releases/new',
  approvals: '/approvals',
  services: '/services',
  service: `/services/${scene.shop.id}`,
  'service-files': `/services/${scene.shop.id}?tab=files`,
  'service-revisions': `/services/${scene.shop.id}?tab=revisions`,
  'new-service': '/services/new',
  targets: '/targets',
  target: `/targets/${scene.shop.targets.production.id}`,
  'new-target': '/targets/new',
  policies: '/policies',
  'policy-history': '/policies?tab=history',
  ai: '/ai',
  audit: '/audit',
  preferences: '/settings/preferences',
  password: '/settings/password',
  sessions: '/settings/sessions',
  tokens: '/settings/tokens',
  projects: '/settings/projects',
  users: '/settings/users',
  grants: '/settings/grants',
  roles: '/settings/roles',
  missing: '/releases/019ca87f-0000-7000-8000-00000000dead',
});

const KEYS = new Set(
  readdirSync(new URL('../../src/i18n/en/', import.meta.url)).flatMap((file) => {
    const paths = (texts, at) => Object.entries(texts).flatMap(([key, value]) => (typeof value === 'string' ? [`${at}${key}`] : paths(value, `${at}${key}.`)));
    return paths(JSON.parse(readFileSync(new URL(`../../src/i18n/en/${file}`, import.meta.url), 'utf8')), '').flatMap((path) => (path.includes('.') ? [path, `${file.replace('.json', '')}:${path}`] : []));
  }),
);

/** Words on screen that are the key of a text and not the text; event types and permissions are names of their own. */
async function untranslated(page) {
  const words = await page.evaluate(() => document.body.innerText.split(/[\s,;()]+/));
  return [...new Set(words.filter((word) => KEYS.has(word)))];
}

async function shoot(page, name) {
  if (!process.env.SHOTS) return;
  mkdirSync(process.env.SHOTS, { recursive: true });
  await page.screenshot({ path: join(process.env.SHOTS, `${name}.png`), fullPage: (await page.locator('[aria-rowcount]').count()) === 0 });
}

export const looks = Object.entries(LOOKS).flatMap(([look, options]) => [
  {
    name: `every page is accessible and fits: ${look}`,
    async run({ browser, company, scene, tell }) {
      const window = await open(browser, company.server.url, { expected: [404], ...options });
      const { page } = window;
      const wrong = [];
      await window.goto('/login');
      await page.getByRole('heading', { level: 1 }).waitFor();
      const pages = { login: '/login', ...routes(scene) };
      for (const [name, path] of Object.entries(pages)) {
        if (name !== 'login') {
          if (name === 'overview') await as(window, company.admin);
          await window.goto(path);
          await settled(page);
        }
        await still(page);
        const violations = await axe(page);
        const wider = await overflow(page);
        wrong.push(...(await untranslated(page)).map((key) => `${name}: ${key} is shown as it is`));
        wrong.push(...violations.map((v) => `${name}: ${v}`), ...(wider > 1 ? [`${name}: ${wider} px wider than the window`] : []));
        await shoot(page, `${name}-${look}`);
      }
      tell(`axe ${look}`, Object.keys(pages).length, wrong.length);
      await window.close();
      assert.deepEqual(wrong, []);
    },
  },
]);

export const menus = [
  {
    name: 'no menu, select, drawer or editor breaks the content security policy',
    async run({ browser, company, scene, tell }) {
      const window = await open(browser, company.server.url, { expected: [404] });
      const { page } = window;
      await as(window, company.admin);
      let [opened, shut] = [0, 0];
      for (const path of Object.values(routes(scene))) {
        await window.goto(path);
        await settled(page);
        const openers = page.locator('button[aria-haspopup]:visible, [role=combobox]:visible:not([disabled]), input[aria-haspopup=listbox]:visible:not([disabled]), main [role=tab]:visible, main button[aria-expanded]:visible');
        for (let at = 0; at < (await openers.count()); at += 1) {
          await openers.nth(at).click({ timeout: 2_000 }).then(() => { opened += 1; }, () => { shut += 1; });
          await page.keyboard.press('Escape');
        }
      }
      await page.keyboard.press('Control+k');
      await page.getByRole('dialog').waitFor();
      tell('menus', opened + shut, shut);
      await window.close();
      assert.ok(opened > 100 && shut < opened / 10, `${opened} opened, ${shut} not`);
    },
  },
];
