// What the server ships: packed, cached for good, under one policy, also behind a proxy on another host and with nothing
// else on the network.
import assert from 'node:assert/strict';
import { createServer, request } from 'node:http';
import { once } from 'node:events';
import { as, open, settled } from '../browser.mjs';

const raw = (url, path, headers = {}) =>
  new Promise((resolve, reject) => {
    request(`${url}${path}`, { headers }, (answer) => {
      const chunks = [];
      answer.on('data', (chunk) => chunks.push(chunk));
      answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(chunks) }));
    }).on('error', reject).end();
  });

export const stories = [
  {
    name: 'assets come packed and stay in caches for good',
    async run({ company }) {
      const { url } = company.server;
      const page = (await raw(url, '/')).body.toString();
      const script = /src="(\/assets\/[^"]+\.js)"/.exec(page)?.[1];
      assert.ok(script, page);
      const [plain, br, gzip] = await Promise.all([raw(url, script), raw(url, script, { 'accept-encoding': 'gzip, br' }), raw(url, script, { 'accept-encoding': 'gzip' })]);
      for (const answer of [plain, br, gzip]) {
        assert.equal(answer.status, 200);
        assert.equal(answer.headers['content-type'], 'text/javascript; charset=utf-8');
        assert.equal(answer.headers['cache-control'], 'public, max-age=31536000, immutable');
        assert.match(answer.headers.vary, /accept-encoding/i);
      }
      assert.deepEqual([br.headers['content-encoding'], gzip.headers['content-encoding']], ['br', 'gzip']);
      assert.ok(br.body.length < gzip.body.length && gzip.body.length < plain.body.length);
      const again = await raw(url, script, { 'if-none-match': plain.headers.etag });
      assert.deepEqual([again.status, again.body.length], [304, 0]);
      assert.notEqual((await raw(url, '/')).headers['content-security-policy'], (await raw(url, '/')).headers['content-security-policy']);
    },
  },
  {
    name: 'it works behind a proxy on another host, where there is no secure context',
    async run({ browser, company }) {
      const { port: inner } = new URL(company.server.url);
      const proxy = createServer((asked, answered) => {
        const to = request({ port: inner, host: '127.0.0.1', method: asked.method, path: asked.url, headers: { ...asked.headers, 'x-forwarded-for': '192.0.2.7' } }, (answer) => {
          answered.writeHead(answer.statusCode, answer.headers);
          answer.pipe(answered);
        });
        to.on('error', () => answered.destroy());
        answered.on('close', () => to.destroy());
        asked.pipe(to);
      }).listen(0, '127.0.0.1');
      await once(proxy, 'listening');
      const window = await open(browser, `http://releases.example.test:${proxy.address().port}`);
      try {
        await as(window, company.people.vera);
        await window.goto('/services');
        await settled(window.page);
        assert.equal(await window.page.evaluate(() => window.isSecureContext), false);
        await window.page.getByText('Live', { exact: true }).first().waitFor();
      } finally {
        await window.close();
        proxy.closeAllConnections();
        proxy.close();
      }
    },
  },
  {
    name: 'a page asks nobody but its own server',
    async run({ browser, company }) {
      const window = await open(browser, company.server.url);
      const elsewhere = [];
      await window.context.route('**', (route) => {
        const { origin } = new URL(route.request().url());
        if (origin === company.server.url) return route.continue();
        elsewhere.push(route.request().url());
        return route.abort();
      });
      await as(window, company.people.vera);
      for (const path of ['/', '/services', '/audit', '/policies']) {
        await window.goto(path);
        await settled(window.page);
      }
      await window.close();
      assert.deepEqual(elsewhere.filter((url) => !url.startsWith('data:')), []);
    },
  },
];
