// The web app in a real browser against a real server on a real engine. `SHOTS=folder` keeps a picture of every page,
// `PICTURES=folder` those of the README, `ONLY=words|words` runs the stories whose names have one of them. A story that fails is told once more
// (an engine or a browser can be late for reasons of its own); how many needed that is printed as `flaky`. Closes with `e2e: N passed, N failed`.
import { counts, launch } from './browser.mjs';
import { Company, crashing, web } from './seed.mjs';
import { Server } from './server.mjs';
import { stories as assistant } from './stories/assistant.mjs';
import { stories as catalogue } from './stories/catalogue.mjs';
import { stories as chain } from './stories/chain.mjs';
import { stories as keyboard } from './stories/keyboard.mjs';
import { looks, menus } from './stories/looks.mjs';
import { stories as measures } from './stories/measures.mjs';
import { stories as pictures } from './stories/pictures.mjs';
import { stories as releases } from './stories/releases.mjs';
import { stories as session } from './stories/session.mjs';
import { stories as shipped } from './stories/shipped.mjs';
import { stories as states } from './stories/states.mjs';

/** A story that takes longer has hung. */
const STORY_MS = 240_000;

if (!process.env.TESTBED_DOCKER_HOST) {
  console.error('e2e: no engine: run this with `testbed/with engine -- …`');
  process.exit(1);
}

const server = await Server.start();
const browser = await launch();
const context = { browser, tell: (name, count, wrong) => console.log(`${name}: ${count} looked at, ${wrong} wrong`) };
let [passed, failed, flaky] = [0, 0, 0];

/** Whether the story holds; what broke it is printed, and pages it left open are closed. */
async function told(story) {
  const began = Date.now();
  let timer;
  const hung = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`it takes longer than ${STORY_MS / 1000} s`)), STORY_MS);
  });
  try {
    await Promise.race([story.run(context), hung]);
    console.log(`ok ${story.name} (${Date.now() - began} ms)`);
    return true;
  } catch (error) {
    console.log(`FAIL ${story.name}\n${String(error.stack ?? error).slice(0, 3_000)}`);
    for (const [at, open] of browser.contexts().entries()) {
      if (process.env.SHOTS) for (const page of open.pages()) await page.screenshot({ path: `${process.env.SHOTS}/FAIL-${story.name.replace(/\W+/g, '-').slice(0, 50)}-${at}.png` }).catch(() => undefined);
      await open.close();
    }
    return false;
  } finally {
    clearTimeout(timer);
  }
}

try {
  const company = await Company.found(server);
  const shop = await company.service('shop', web('hello'), { name: 'Shop', environments: ['staging', 'production'] });
  const broken = await company.service('broken', crashing, { name: 'Broken', environments: ['dev'] });
  await company.admin.put(`/environments/${company.environments.dev.id}/policy`, { approval: 'none', progress_deadline_secs: 20 }, { 'if-match': `"${company.environments.dev.version}"` });
  await company.admin.call('PATCH', `/services/${shop.id}`, { manifest: { files: [{ path: 'compose.yaml', content: web('hello there') }] } }, { 'if-match': `"${shop.version}"` });
  const scene = {
    shop,
    broken,
    applied: await company.applied(shop, 'production', '1.41.0'),
    failed: await company.applied(broken, 'dev', '0.9.0'),
    pending: await company.submitted(company.people.ada, shop, 'production', '1.42.0'),
  };
  await company.draft(company.people.ada, shop, 'staging', '1.42.0');
  Object.assign(context, { company, scene });

  const all = [...shipped, ...pictures, ...session, ...keyboard, ...catalogue, ...releases, ...chain, ...assistant, ...measures, ...states, ...menus, ...looks];
  for (const story of all.filter(({ name }) => !process.env.ONLY || process.env.ONLY.split('|').some((words) => name.includes(words)))) {
    const atOnce = await told(story);
    const held = atOnce || (await told(story));
    passed += held ? 1 : 0;
    failed += held ? 0 : 1;
    flaky += held && !atOnce ? 1 : 0;
  }
} catch (error) {
  failed += 1;
  console.log(`FAIL the scene\n${error.stack ?? error}\n${server.log.slice(-20).join('\n')}`);
} finally {
  await browser.close();
  await server.stop();
  context.company?.close();
}
console.log(`axe: ${counts.axe} pages, ${counts.violations} violations`);
console.log(`csp: ${counts.csp} breaches`);
console.log(`console: ${counts.console} errors`);
if (flaky) console.log(`flaky: ${flaky} stories`);
console.log(`e2e: ${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
