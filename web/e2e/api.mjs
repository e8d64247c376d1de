// The HTTP API as a person's script calls it: for what stories need to be there before they begin, and for asking what
// came of them.
import assert from 'node:assert/strict';

export class Api {
  constructor(url, cookie, csrf, user) {
    Object.assign(this, { url, cookie, csrf, user });
  }

  static async signIn(url, username, password) {
    const response = await fetch(`${url}/api/v1/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: url },
      body: JSON.stringify({ username, password }),
    });
    const answer = await response.json();
    assert.equal(response.status, 200, JSON.stringify(answer));
    const cookie = response.headers.getSetCookie().map((c) => c.split(';')[0]).join('; ');
    return new Api(url, cookie, answer.csrf_token, answer.user);
  }

  call(method, path, body, headers = {}) {
    return this.send(method, path, body === undefined ? undefined : JSON.stringify(body), { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers });
  }

  async send(method, path, body, headers) {
    const response = await fetch(`${this.url}/api/v1${path}`, { method, headers: { cookie: this.cookie, 'x-csrf-token': this.csrf, origin: this.url, ...headers }, ...(body === undefined ? {} : { body }) });
    const text = await response.text();
    const answer = text === '' ? undefined : JSON.parse(text);
    if (!response.ok) throw Object.assign(new Error(`${method} ${path}: ${response.status} ${text}`), { status: response.status, problem: answer });
    return answer;
  }

  get = (path) => this.call('GET', path);
  post = (path, body = {}) => this.call('POST', path, body);
  put = (path, body, headers) => this.call('PUT', path, body, headers);

  async one(path) {
    const { items } = await this.get(path);
    assert.ok(items.length > 0, `${path} has none`);
    return items[0];
  }

  /** What happens to a release from `after` on, as the server tells it. */
  async *events(id, after, signal) {
    const headers = { cookie: this.cookie, accept: 'text/event-stream', 'last-event-id': String(after) };
    const response = await fetch(`${this.url}/api/v1/events?topic=release:${id}`, { headers, signal });
    assert.equal(response.status, 200);
    let rest = '';
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
      const blocks = (rest + chunk).split('\n\n');
      rest = blocks.pop();
      for (const block of blocks) if (block.includes('\ndata:') || block.startsWith('data:')) yield block;
    }
  }

  /** The release once `fits` holds of it; looked at again after each of its events. */
  async until(id, fits, within = 60_000) {
    const { event_seq: after } = await this.get('/releases?limit=1');
    let release = await this.get(`/releases/${id}`);
    if (fits(release)) return release;
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), within);
    try {
      for await (const _ of this.events(id, after, stop.signal)) {
        release = await this.get(`/releases/${id}`);
        if (fits(release)) return release;
      }
    } catch (error) {
      if (!stop.signal.aborted) throw error;
    } finally {
      clearTimeout(timer);
      stop.abort();
    }
    throw new Error(`release ${release.number} stays ${release.lifecycle_state} (${release.reason_code})`);
  }

  /** The whole timeline of a release, oldest first. */
  async timeline(id) {
    const events = [];
    for (let after = ''; ; ) {
      const page = await this.get(`/releases/${id}/timeline?limit=200${after}`);
      events.push(...page.items);
      if (page.next_cursor === null) return events;
      after = `&cursor=${encodeURIComponent(page.next_cursor)}`;
    }
  }
}
