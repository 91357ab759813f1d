import { resolve } from 'node:path';
import { TemporaryDirectory } from '@syncline/testing';
import { describe, expect, it } from 'vitest';
import { DEFAULTS } from '../src/config/defaults.ts';
import { syncline } from './command.ts';
import {
  all,
  type Instruction,
  one,
  readCompose,
  readDockerfile,
  readText,
  secondsOf,
  serviceOf,
} from './deployment.ts';

/** A server ends within so many seconds after its drain. */
const STOP_S = 5;
/** The longest that a server leaves a client without a word, in seconds: a long poll. */
const LONGEST_SILENCE_S = 25;
const SECRETS = {
  SYNCLINE_AUTH_SECRET: 'a secret that has more than 32 bytes',
  POSTGRES_PASSWORD: 'p@ss/word',
};

/** All variables that a command knows. */
async function variablesOf(...args: string[]): Promise<Set<string>> {
  const { stdout } = await syncline([...args, '--help']);
  return new Set(stdout.match(/SYNCLINE_[A-Z_]+/g));
}

describe('the Dockerfile', () => {
  const stages = async () => {
    const [build = [], image = []] = await readDockerfile();
    return { build, image };
  };
  const words = (stage: readonly Instruction[], name: string) =>
    JSON.parse(one(stage, name)) as string[];

  it('builds as the README does', async () => {
    const [, install = ''] =
      /^(npx --yes pnpm\S+ install \S+)/m.exec(await readText('README.md')) ?? [];
    const { scripts } = JSON.parse(await readText('package.json'));
    const { build } = await stages();
    expect(all(build, 'RUN').slice(0, 2)).toEqual([install, 'npm run build']);
    expect(scripts.start).toMatch(/^npm run --silent build && /);
    expect(all(build, 'RUN')[2]).toContain(install.split(' install')[0]);
  });

  it('has the port, the folder and the paths of the server', async () => {
    const { image } = await stages();
    expect(one(image, 'EXPOSE')).toBe(String(DEFAULTS.port));
    expect(one(image, 'VOLUME')).toBe(resolve(one(image, 'WORKDIR'), DEFAULTS.data));
    expect(one(image, 'HEALTHCHECK')).toContain(`http://127.0.0.1:${DEFAULTS.port}/healthz`);
    expect(one(image, 'STOPSIGNAL')).toBe('SIGTERM');
    expect(one(image, 'USER')).toBe('node');
  });

  it('starts the command, which refuses to be open to everybody and says what to set', async () => {
    const { image } = await stages();
    const [link] = one(image, 'RUN').split(' && ');
    expect(link).toBe('ln -s /app/bin/syncline.js /usr/local/bin/syncline');
    expect(words(image, 'ENTRYPOINT')).toEqual(['syncline']);
    const folder = await TemporaryDirectory.make();
    const { code, stderr } = await syncline(words(image, 'CMD'), {}, folder.path);
    await folder.remove();
    expect(code).toBe(1);
    expect(stderr).toMatch(/^syncline: host \(--host\) is 0\.0\.0\.0.* set SYNCLINE_AUTH_SECRET/);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});

describe('compose.yaml', () => {
  it('says which secret is missing', async () => {
    for (const name of Object.keys(SECRETS)) {
      await expect(readCompose({ ...SECRETS, [name]: '' })).rejects.toThrow(
        `${name}: put ${name} into .env, see docs/running.md`,
      );
    }
  });

  it('sets variables that the commands know', async () => {
    const compose = await readCompose(SECRETS);
    const known = { serve: await variablesOf('serve'), worker: await variablesOf('worker') };
    for (const [name, command] of [
      ['node1', 'serve'],
      ['node2', 'serve'],
      ['worker', 'worker'],
    ] as const) {
      const { environment = {} } = serviceOf(compose, name);
      const ours = Object.keys(environment).filter((key) => key.startsWith('SYNCLINE_'));
      expect(ours.length).toBeGreaterThan(1);
      for (const variable of ours) expect([...known[command]]).toContain(variable);
    }
  });

  it('has settings that a node takes', async () => {
    const { environment } = serviceOf(await readCompose(SECRETS), 'node1');
    const { stdout, stderr } = await syncline(['serve', '--print-config'], environment);
    expect(stderr).toBe('');
    const settings = JSON.parse(stdout) as Record<string, { from: string; value: unknown }>;
    const values = Object.entries(settings)
      .filter(([, { from }]) => from.startsWith('SYNCLINE_'))
      .map(([key, { value }]) => [key, value]);
    expect(Object.fromEntries(values)).toEqual({
      'auth.secret': '…',
      bus: 'redis://redis:6379',
      compaction: false,
      drain: 10,
      store: 'postgres://syncline@postgres:5432/syncline',
      trustProxy: 1,
    });
  });

  it('passes on what is set outside', async () => {
    const outside = { SYNCLINE_ORIGINS: 'https://app.example.com', SYNCLINE_TRUST_PROXY: '2' };
    const { environment } = serviceOf(await readCompose({ ...SECRETS, ...outside }), 'node2');
    expect(environment).toMatchObject(outside);
  });

  it('gives a node the time that it needs to stop', async () => {
    const compose = await readCompose(SECRETS);
    for (const name of ['node1', 'node2']) {
      const { environment, stop_grace_period } = serviceOf(compose, name);
      const drain = Number(environment?.['SYNCLINE_DRAIN']);
      expect(drain).toBeGreaterThan(0);
      expect(secondsOf(stop_grace_period)).toBeGreaterThan(drain + STOP_S);
    }
  });

  it('publishes the balancer alone, and only it and the nodes are on a network that leads out', async () => {
    const compose = await readCompose(SECRETS);
    const outside = [];
    for (const [name, { ports, networks }] of Object.entries(compose.services)) {
      expect([name, ports]).toEqual([
        name,
        name === 'balancer' ? ['127.0.0.1:1234:8080'] : undefined,
      ]);
      if (networks.some((network) => compose.networks[network]?.internal !== true)) {
        outside.push(name);
      }
    }
    expect(outside).toEqual(['node1', 'node2', 'balancer']);
  });

  it('tells services of others that are there, and on a network of theirs', async () => {
    const compose = await readCompose(SECRETS);
    const ports = { postgres: '5432', redis: '6379', node1: '1234', node2: '1234' };
    for (const [from, { environment = {}, networks }] of Object.entries(compose.services)) {
      const addresses = Object.values(environment).flatMap(
        (value) => /(?:^|@|\/\/)([a-z]\w*):(\d+)/.exec(value)?.slice(1) ?? [],
      );
      for (let index = 0; index < addresses.length; index += 2) {
        const [to = '', port] = addresses.slice(index);
        expect([to, port]).toEqual([to, ports[to as keyof typeof ports]]);
        const shared = serviceOf(compose, to).networks.filter((name) => networks.includes(name));
        expect([from, to, shared]).toEqual([from, to, [expect.any(String)]]);
      }
    }
    expect(Object.keys(compose.services).sort()).toEqual(
      [...Object.keys(ports), 'worker', 'balancer'].sort(),
    );
  });

  it('lets PostgreSQL keep what it acknowledged', async () => {
    const { command, volumes } = serviceOf(await readCompose(SECRETS), 'postgres');
    expect(command).toEqual(expect.arrayContaining(['fsync=on', 'synchronous_commit=on']));
    expect(volumes).toEqual(['postgres:/var/lib/postgresql/data']);
  });
});

describe('deploy/haproxy.cfg', () => {
  it('takes from the environment what compose.yaml gives', async () => {
    const { environment = {}, volumes } = serviceOf(await readCompose(SECRETS), 'balancer');
    const lines = (await readText('deploy/haproxy.cfg')).replaceAll(/#.*/g, '');
    const used = Array.from(lines.matchAll(/\$\{(\w+)\}/g), ([, name]) => name);
    expect(used.sort()).toEqual(Object.keys(environment).sort());
    expect(volumes).toEqual(['./deploy/haproxy.cfg:/usr/local/etc/haproxy/haproxy.cfg:ro']);
  });

  it('waits longer than a server is silent', async () => {
    const text = await readText('deploy/haproxy.cfg');
    for (const name of ['client', 'server', 'tunnel']) {
      const [, duration] = new RegExp(`^ *timeout ${name} (\\w+)$`, 'm').exec(text) ?? [];
      expect([name, secondsOf(duration) > 2 * LONGEST_SILENCE_S]).toEqual([name, true]);
    }
  });
});

describe('deploy/syncline.service', () => {
  it('gives a server the time that it needs to stop, and restarts it for ever', async () => {
    const unit = await readText('deploy/syncline.service');
    const value = (key: string) => new RegExp(`^${key}=(.*)$`, 'm').exec(unit)?.[1];
    const [, drain] = /SYNCLINE_DRAIN=(\d+)/.exec(await readText('docs/running.md')) ?? [];
    expect(Number(value('TimeoutStopSec'))).toBeGreaterThan(Number(drain) + STOP_S);
    expect([value('Restart'), value('StartLimitIntervalSec')]).toEqual(['always', '0']);
    expect(value('ExecStart')).toBe('/usr/bin/node /opt/syncline/bin/syncline.js serve');
    // V8 makes code while it runs.
    expect(unit).not.toContain('\nMemoryDenyWriteExecute');
  });
});
