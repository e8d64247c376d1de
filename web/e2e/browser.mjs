// Chromium, and pages that remember every console error and every breach of the content security policy.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';
import { PASSWORD } from './seed.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--host-resolver-rules=MAP releases.example.test 127.0.0.1'];
export const DESKTOP = { width: 1440, height: 900 };
export const PHONE = { width: 390, height: 844 };
/** What the browser itself prints for an answer that the story provokes, by its status. */
const STATUS_LINE = /Failed to load resource: the server responded with a status of (\d+)/;
/** Over plain HTTP on another host than localhost, browsers say that this header does nothing there. */
const NO_SECURE_CONTEXT = /The Cross-Origin-Opener-Policy header has been ignored/;
const CONNECTION_LINE = /net::ERR_(CONNECTION_REFUSED|CONNECTION_RESET|SOCKET_NOT_CONNECTED|INCOMPLETE_CHUNKED_ENCODING|EMPTY_RESPONSE|INTERNET_DISCONNECTED)/;
/** The engine's networks come and go on the machine that the browser is on; the page asks again for what broke off. */
const NETWORK_LINE = /net::ERR_NETWORK_CHANGED/;

export const counts = { csp: 0, console: 0, axe: 0, violations: 0 };

export function launch() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', headless: true, args: FLAGS });
}

/** A window of one person: `expected` are statuses of refusals that the story is about. */
export async function open(browser, url, { expected = [], outage = false, ...options } = {}) {
  const context = await browser.newContext({ viewport: DESKTOP, locale: 'en-GB', colorScheme: 'light', reducedMotion: 'reduce', ...options });
  const errors = [];
  const breaches = [];
  await context.exposeBinding('tellBreach', (_, text) => void breaches.push(text));
  await context.addInitScript(() => document.addEventListener('securitypolicyviolation', (e) => window.tellBreach(`${e.effectiveDirective} ${e.blockedURI} ${e.sourceFile}:${e.lineNumber}`)));
  const page = await context.newPage();
  page.on('pageerror', (error) => errors.push(String(error.stack ?? error)));
  page.on('console', (message) => {
    if (message.type() !== 'error' && message.type() !== 'warning') return;
    const text = message.text();
    const status = STATUS_LINE.exec(text)?.[1];
    if (status !== undefined && expected.includes(Number(status))) return;
    if (!url.startsWith('http://127.0.0.1') && NO_SECURE_CONTEXT.test(text)) return;
    if (NETWORK_LINE.test(text) || (outage && CONNECTION_LINE.test(text))) return;
    // Who is not signed in asks who they are, and is told.
    if (status === '401' && message.location().url.endsWith('/auth/me')) return;
    errors.push(`${text} (${message.location().url})`);
  });
  return {
    context, page, url,
    goto: (path) => page.goto(`${url}${path}`, { waitUntil: 'domcontentloaded' }),
    async close() {
      await context.close();
      counts.csp += breaches.length;
      counts.console += errors.length;
      assert.deepEqual(breaches, [], 'the content security policy was broken');
      assert.deepEqual(errors, [], 'the console has errors');
    },
  };
}

/** Puts a person's session into the window, as if they had signed in there. */
export async function as(window, person) {
  const cookies = person.cookie.split('; ').map((pair) => {
    const [name, ...value] = pair.split('=');
    return { name, value: value.join('='), url: window.url, httpOnly: true, sameSite: 'Lax' };
  });
  await window.context.addCookies(cookies);
}

export async function signIn(window, username, password = PASSWORD) {
  const { page } = window;
  await page.getByLabel('Username').fill(username);
  await page.getByLabel(/^Password/).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** The page's heading, once its data is there. */
export async function settled(page) {
  await page.getByRole('heading', { level: 1 }).first().waitFor();
  await page.waitForFunction(() => document.querySelector('main [aria-busy=true]') === null);
}

/** Breaches of accessibility rules, each as one line. */
export async function axe(page) {
  await page.evaluate(AXE);
  const found = await page.evaluate((tags) => window.axe.run(document, { runOnly: tags }), TAGS);
  counts.axe += 1;
  counts.violations += found.violations.length;
  return found.violations.map((v) => `${v.id} (${v.impact}): ${v.nodes.slice(0, 4).map((n) => n.target.join(' ')).join(' | ')}`);
}

/** By how many pixels a page is wider than the window. The page's own idea of the window grows with what does not fit. */
export const overflow = async (page) => Math.max(0, (await page.evaluate(() => document.documentElement.scrollWidth)) - page.viewportSize().width);

/** Once nothing fades or slides any more: a text in between has not its full contrast. */
export const still = (page) => page.evaluate(() => Promise.all(document.getAnimations().filter((each) => each.effect?.getComputedTiming().iterations !== Infinity).map((each) => each.finished.catch(() => undefined))));
