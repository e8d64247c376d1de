// The company that the stories are about: people with roles, services that run on the test engine, and releases in every
// state that a page has to show.
import { execFileSync } from 'node:child_process';
import { Api } from './api.mjs';
import { ADMIN_PASSWORD } from './server.mjs';

export const PASSWORD = 'a password of their own';
const IMAGE = 'testbed/busybox:1';

/** Quick to get healthy, quick to stop. */
export const web = (greeting) => `services:
  web:
    image: ${IMAGE}
    command: [sh, -c, 'mkdir -p /tmp/www && echo ${greeting} >/tmp/www/index.html && exec httpd -f -p 8080 -h /tmp/www']
    environment:
      GREETING: ${greeting}
      VERSION: \${VERSION}
    healthcheck: {test: [CMD, wget, -q, -O, /dev/null, 'http://127.0.0.1:8080/'], interval: 1s, retries: 20}
    stop_grace_period: 0s
`;
/** Starts and falls over again and again. */
export const crashing = `services:
  web:
    image: ${IMAGE}
    command: [sh, -c, 'echo "fatal: no database at db:5432" >&2; exit 3']
    environment:
      VERSION: \${VERSION}
    restart: on-failure
    stop_grace_period: 0s
`;
/** Runs and is not healthy for \`secs\`: time to watch it. */
export const slow = (secs) => `services:
  web:
    image: ${IMAGE}
    command: [sh, -c, 'sleep ${secs}; touch /tmp/ready; exec sleep 100000']
    healthcheck: {test: [CMD, test, -e, /tmp/ready], interval: 1s, retries: 1000}
    stop_grace_period: 0s
`;

export const VERSIONED = [{ name: 'VERSION', default: '1.0.0', required: true, description: 'The image tag' }];

export class Company {
  /** How often each key was asked for. */
  #services = new Map();

  static async found(server) {
    const company = new Company();
    company.server = server;
    company.admin = await Api.signIn(server.url, 'admin', ADMIN_PASSWORD);
    company.project = await company.admin.one('/projects?q=default');
    company.environments = Object.fromEntries((await company.admin.get('/environments')).items.map((e) => [e.key, e]));
    company.people = {};
    for (const [name, role] of [['ada', 'developer'], ['bob', 'approver'], ['olga', 'operator'], ['vera', 'viewer']]) {
      company.people[name] = await company.hire(name, role);
    }
    return company;
  }

  async hire(username, role) {
    const user = await this.admin.post('/users', { username, password: PASSWORD, display_name: username[0].toUpperCase() + username.slice(1), kind: 'human' });
    await this.admin.post('/grants', { subject: `user:${user.id}`, role, project_id: this.project.id, environment_id: '*' });
    return Api.signIn(this.server.url, username, PASSWORD);
  }

  /**
   * A service and a target of its own for each environment named; the targets' Compose projects are named after them. Key and name of
   * a story that is told again get a number.
   */
  async service(word, manifest, { name = word, environments = ['production'], variables = VERSIONED } = {}) {
    const before = this.#services.get(word) ?? 0;
    this.#services.set(word, before + 1);
    const [key, called] = before === 0 ? [word, name] : [`${word}-${before}`, `${name} ${before}`];
    const service = await this.admin.post('/services', {
      project_id: this.project.id, key, name: called, runtime_type: 'compose',
      manifest: { files: [{ path: 'compose.yaml', content: manifest }] },
      variables,
      ...(variables.length > 0 ? { version_variable: 'VERSION' } : {}),
    });
    const targets = {};
    for (const environment of environments) {
      targets[environment] = await this.admin.post('/targets', {
        project_id: this.project.id, environment_id: this.environments[environment].id,
        key: `${key}-${environment}`, name: `${called} in ${environment}`, runtime_type: 'compose',
        connection: { kind: 'docker', host: process.env.TESTBED_DOCKER_HOST }, compose_project: `e2e-${key}-${environment}`,
      });
    }
    return { ...service, targets };
  }

  draft(by, service, environment, version, more = {}) {
    const variables = version === undefined ? {} : { variables: { VERSION: version } };
    return by.post('/releases', { service_id: service.id, target_id: service.targets[environment].id, ...variables, ...more });
  }

  async submitted(by, service, environment, version, more) {
    const release = await this.draft(by, service, environment, version, more);
    const preview = await by.post(`/releases/${release.id}/preview`);
    const after = await by.post(`/releases/${release.id}/submit`, { preview_token: preview.preview_token });
    return { ...after, token: preview.preview_token, plan_hash: preview.plan_hash };
  }

  /** Drafted by Ada, approved by Bob where that is asked, applied by Olga; answers once it runs. */
  async applying(service, environment, version, more) {
    const { ada, bob, olga } = this.people;
    const release = await this.submitted(ada, service, environment, version, more);
    if (release.lifecycle_state === 'pending_approval') {
      await bob.post(`/approvals/${release.approval.ticket_id}/approve`, { plan_hash: release.plan_hash, comment: 'looks right' });
    }
    return olga.post(`/releases/${release.id}/apply`, { preview_token: release.token });
  }

  async applied(service, environment, version, more) {
    const { id } = await this.applying(service, environment, version, more);
    return this.people.olga.until(id, (r) => r.lifecycle_state === 'applied' || r.lifecycle_state === 'failed');
  }

  /** Takes what ran on the engine off it again, what failed too. */
  close() {
    const docker = (...words) => execFileSync('docker', ['-H', process.env.TESTBED_DOCKER_HOST, ...words], { encoding: 'utf8' }).split(/\s+/).filter((word) => word !== '');
    const containers = docker('ps', '-aq', '--filter', 'name=^/e2e-');
    if (containers.length > 0) docker('rm', '-f', ...containers);
    const networks = docker('network', 'ls', '-q', '--filter', 'name=^e2e-');
    if (networks.length > 0) docker('network', 'rm', ...networks);
  }
}
