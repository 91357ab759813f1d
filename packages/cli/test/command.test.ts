import { ServerProcess, TemporaryDirectory, until } from '@syncline/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { syncline } from './command.ts';

describe('syncline', () => {
  it('shows help and version', async () => {
    for (const args of [[], ['--help'], ['-h'], ['help']]) {
      const { code, stdout } = await syncline(args);
      expect(code).toBe(0);
      expect(stdout).toMatch(/^Usage: syncline <command>/);
    }
    expect((await syncline(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    const { stdout } = await syncline(['serve', '--help']);
    for (const word of ['--host', '--port', '--data', 'SYNCLINE_DATA', '127.0.0.1', '1234']) {
      expect(stdout).toContain(word);
    }
  });

  it.each([
    [['destroy'], 'there is no command "destroy"'],
    [['serve', '--prt', '1'], '--prt'],
    [['serve', '--port', 'x'], '--port must be a whole number'],
    [['serve', '--port', '65536'], '--port must be a whole number'],
    [['serve', '--port', ''], '--port must be a whole number'],
    [['serve', '--log-level', 'loud'], '--log-level must be one of'],
  ])('%j is answered with one line and exit code 2', async (args, message) => {
    const { code, stdout, stderr } = await syncline(args);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^syncline: [^\n]+\n$/);
    expect(stderr).toContain(message);
  });
});

describe('syncline serve', () => {
  let data: TemporaryDirectory;
  let server: ServerProcess;

  beforeEach(async () => {
    data = await TemporaryDirectory.make();
    server = new ServerProcess(data);
  });
  afterEach(async () => {
    await server.kill('SIGKILL');
    await data.remove();
  });

  it('says on stdout where it is, in one line, and logs to stderr', async () => {
    await server.start();
    expect(server.output.stdout).toMatch(/^[^\n]*http:\/\/127\.0\.0\.1:\d+[^\n]*\n$/);
    await until('it is logged', () => server.output.stderr.includes('"msg":"ready"'));
    expect((await fetch(`${server.httpUrl}/healthz`)).status).toBe(200);
    expect((await fetch(`${server.httpUrl}/readyz`)).status).toBe(200);
  });

  it('says in one line that the port is taken', async () => {
    await server.start();
    const other = await TemporaryDirectory.make();
    const port = new URL(server.httpUrl).port;
    const { code, stdout, stderr } = await syncline(['serve'], {
      SYNCLINE_PORT: port,
      SYNCLINE_DATA: other.path,
    });
    await other.remove();
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toMatch(new RegExp(`^syncline: port ${port} on 127.0.0.1 is in use [^\n]*\n$`));
  });

  it('says in one line that the data folder is in use', async () => {
    await server.start();
    const { code, stderr } = await syncline(['serve', '--port', '0', '--data', data.path]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^syncline: the data folder .* is in use by another process[^\n]*\n$/);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('ends with 0 soon after %s', async (signal) => {
    await server.start();
    const start = performance.now();
    expect(await server.kill(signal)).toBe(0);
    expect(performance.now() - start).toBeLessThan(5_000);
    await until('it is logged', () => server.output.stderr.includes('"msg":"stopped"'));
  });
});
