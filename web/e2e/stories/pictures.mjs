// The README's pictures, of real pages: `PICTURES=folder` has them written there as WebP, without it they are only taken.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { PHONE, as, open, settled, still } from '../browser.mjs';

const WIDE = { width: 1280, height: 800 };
/** All of them together, so that a clone stays small. */
const MOST_BYTES = 400_000;
const QUALITY = 0.82;

const PICTURES = (scene) => [
  { name: 'overview', path: '/', viewport: WIDE, colorScheme: 'light', who: 'olga' },
  { name: 'release', path: `/releases/${scene.pending.id}?tab=plan&resource=${encodeURIComponent('service/web')}`, viewport: WIDE, colorScheme: 'light', who: 'bob' },
  { name: 'failure', path: `/releases/${scene.failed.id}`, viewport: WIDE, colorScheme: 'dark', who: 'olga' },
  { name: 'approval', path: `/approvals?ticket=${scene.pending.approval.ticket_id}`, viewport: PHONE, colorScheme: 'light', who: 'bob', deviceScaleFactor: 1.5, hasTouch: true, isMobile: true },
];

/** A PNG made smaller by the browser itself. */
const webp = (page, png) =>
  page.evaluate(
    async ([data, quality]) => {
      const bitmap = await createImageBitmap(await (await fetch(`data:image/png;base64,${data}`)).blob());
      const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
      canvas.getContext('2d').drawImage(bitmap, 0, 0);
      const blob = await canvas.convertToBlob({ type: 'image/webp', quality });
      const bytes = new Uint8Array(await blob.arrayBuffer());
      return btoa(bytes.reduce((text, byte) => text + String.fromCharCode(byte), ''));
    },
    [png.toString('base64'), QUALITY],
  );

export const stories = [
  {
    name: 'pictures of the pages for the README',
    async run({ browser, company, scene }) {
      const blank = await browser.newPage();
      let bytes = 0;
      for (const { name, path, who, ...look } of PICTURES(scene)) {
        const window = await open(browser, company.server.url, look);
        await as(window, company.people[who]);
        await window.goto(path);
        await settled(window.page);
        await still(window.page);
        const picture = Buffer.from(await webp(blank, await window.page.screenshot()), 'base64');
        bytes += picture.length;
        if (process.env.PICTURES) {
          // Seen from the folder that the run was started in, which may not be this one.
          const folder = resolve(process.env.INIT_CWD ?? process.cwd(), process.env.PICTURES);
          mkdirSync(folder, { recursive: true });
          writeFileSync(join(folder, `${name}.webp`), picture);
        }
        await window.close();
      }
      await blank.close();
      console.log(`pictures: ${PICTURES(scene).length} taken, ${Math.round(bytes / 1000)} kB`);
      assert.ok(bytes > 20_000 && bytes < MOST_BYTES, `${bytes} bytes`);
    },
  },
];
