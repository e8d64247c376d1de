// One release-server process: its own folder and port, killed and started again as a story asks, gone at the end.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('../../target/debug/release-server', import.meta.url));
export const ADMIN_PASSWORD = "the admin's given password";

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}

export class Server {
  static async start(settings = {}) {
    const server = new Server();
    server.folder = mkdtempSync(join(tmpdir(), 'release-e2e-'));
    server.log = [];
    const port = await freePort();
    server.settings = {
      RELEASE_LISTEN: `127.0.0.1:${port}`,
      RELEASE_DATA_DIR: join(server.folder, 'data'),
      RELEASE_ADMIN_PASSWORD: ADMIN_PASSWORD,
      RELEASE_RATE_PER_SEC: '0',
      RELEASE_WORKERS: '2',
      RELEASE_LEASE_SECS: '10',
      ...settings,
    };
    await server.launch();
    return server;
  }

  async launch() {
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('RELEASE_') && name !== 'DOCKER_HOST');
    const engine = process.env.TESTBED_DOCKER_HOST;
    this.child = spawn(PROGRAM, ['serve'], {
      cwd: this.folder,
      env: { ...Object.fromEntries(inherited), ...(engine ? { DOCKER_HOST: engine } : { DOCKER_HOST: 'unix:///nowhere/docker.sock' }), ...this.settings },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    createInterface({ input: this.child.stderr }).on('line', (line) => this.log.push(line));
    const said = createInterface({ input: this.child.stdout });
    const ended = once(this.child, 'exit').then(([code]) => {
      throw new Error(`the server ended (${code}): ${this.log.slice(-10).join('\n')}`);
    });
    // Not listened to once it runs.
    ended.catch(() => {});
    const listening = new Promise((resolve) => {
      said.on('line', (line) => {
        if (line.startsWith('Listening on ')) resolve(line.slice('Listening on '.length).trim());
      });
    });
    this.url = await Promise.race([listening, ended]);
  }

  /** As a machine that loses power does it. */
  async kill() {
    const gone = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await gone;
  }

  async stop() {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const gone = once(this.child, 'exit');
      this.child.kill('SIGTERM');
      await gone;
    }
    if (process.env.E2E_KEEP_LOG) writeFileSync(process.env.E2E_KEEP_LOG, this.log.join('\n'));
    rmSync(this.folder, { recursive: true, force: true });
  }
}
