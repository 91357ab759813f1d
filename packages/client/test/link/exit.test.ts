import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { HELLO, KINDS } from './peer.ts';
import { startTestServer } from './server.ts';

/** As it is built: Node runs no TypeScript. */
const DIAL = new URL('../../dist/link/dial.js', import.meta.url).href;

it.each(KINDS)('%s: a process ends by itself when its link is closed', async (kind) => {
  const { url } = await startTestServer();
  const script = `
    const { DIALS } = await import('${DIAL}');
    const link = DIALS['${kind}']('${url}', {
      onOpen: () => link.send(${JSON.stringify(HELLO)}),
      onMessage: ({ type }) => { console.log(type); setTimeout(() => link.close(), 50); },
      onSign() {},
      onEnd: (end) => console.log(JSON.stringify(end)),
    });`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script]);
  let output = '';
  let closedAt = 0;
  child.stdout.on('data', (data) => {
    output += data;
    closedAt ||= performance.now();
  });
  child.stderr.on('data', (data) => (output += data));
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
  const [code] = await once(child, 'exit');
  clearTimeout(timer);
  expect(output.split('\n')[0]).toBe('welcome');
  expect(output).not.toContain('message');
  expect(code).toBe(0);
  expect(performance.now() - closedAt).toBeLessThan(2_000);
});
