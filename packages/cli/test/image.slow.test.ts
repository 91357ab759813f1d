import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { StockClient, TemporaryDirectory } from '@syncline/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { all, one, REPOSITORY, readDockerfile, readText } from './deployment.ts';

const run = promisify(execFile);
/** Of the user that may do nothing, on every Linux. */
const NOBODY = 65534;
const ENVIRONMENT = { ...process.env, CI: 'true', npm_config_yes: 'true' };

let folder: TemporaryDirectory;
/** What the image has at /app. */
let app: string;

/** Runs the steps of the Dockerfile on a copy of what its context has, without a container. */
beforeAll(async () => {
  folder = await TemporaryDirectory.make();
  const source = join(folder.path, 'src');
  app = join(folder.path, 'built');
  const ignored = (await readText('.dockerignore')).split('\n').filter((line) => /^\w/.test(line));
  const { stdout } = await run('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: REPOSITORY,
  });
  for (const path of stdout.trim().split('\n')) {
    if (ignored.some((name) => path === name || path.startsWith(`${name}/`))) continue;
    await cp(join(REPOSITORY, path), join(source, path));
  }
  const [build = []] = await readDockerfile();
  for (const step of all(build, 'RUN')) {
    const command = step.replaceAll(/ \/app$/g, ` ${app}`);
    await run('bash', ['-c', command], { cwd: source, env: ENVIRONMENT, maxBuffer: 2 ** 26 });
  }
  // The image has it elsewhere than where it was built, and the sources are gone.
  await rename(app, join(folder.path, 'app'));
  app = join(folder.path, 'app');
  await rm(source, { recursive: true });
}, 300_000);
afterAll(() => folder?.remove());

it('has only what the command needs, in the versions of the lockfile', async () => {
  const lockfile = await readText('pnpm-lock.yaml');
  const packages = await readdir(join(app, 'node_modules/.pnpm'));
  expect(packages.join(' ')).toMatch(/ ws@\d/);
  for (const name of ['vitest', 'typescript', 'react', 'vite', 'y-websocket']) {
    expect(packages.filter((each) => each.startsWith(`${name}@`))).toEqual([]);
  }
  const foreign = packages.filter((each) => /^[a-z][\w.-]*@\d+\.\d+\.\d+$/.test(each));
  expect(foreign.length).toBeGreaterThan(30);
  for (const each of foreign) expect(lockfile).toContain(`\n  ${each}:\n`);
});

it('serves documents and pages, as a user without rights', async () => {
  const [, image = []] = await readDockerfile();
  const args = JSON.parse(one(image, 'CMD')) as string[];
  const data = join(folder.path, 'data');
  await run('bash', [
    '-c',
    `mkdir ${data} && chown ${NOBODY} ${data} && chmod 755 ${dirname(app)}`,
  ]);
  const child = spawn(
    process.execPath,
    [join(app, 'bin/syncline.js'), ...args, '--port', '0', '--allow-anonymous'],
    { cwd: folder.path, uid: NOBODY, gid: NOBODY, env: { NODE_ENV: 'production' } },
  );
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => {
    log += chunk.toString();
  });
  const exit = once(child, 'exit');
  const ready = once(child.stdout, 'data').then(([chunk]) => String(chunk));
  const ended = exit.then(() => Promise.reject(new Error(`it did not start: ${log}`)));
  const said = await Promise.race([ready, ended]);
  ended.catch(() => {});
  const port = /:(\d+) /.exec(said)?.[1];
  for (const path of ['/', '/editor/a', '/text/a', '/board/a', '/healthz']) {
    expect([path, (await fetch(`http://127.0.0.1:${port}${path}`)).status]).toEqual([path, 200]);
  }
  const client = await new StockClient(`ws://127.0.0.1:${port}`, 'a').synced();
  client.destroy();
  child.kill('SIGTERM');
  expect((await exit)[0]).toBe(0);
});
