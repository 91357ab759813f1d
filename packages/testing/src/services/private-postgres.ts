import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../free-port.ts';

const run = promisify(execFile);
const VERSIONS = '/usr/lib/postgresql';

/** A PostgreSQL of one test file, which may be stopped as one likes. Needs root: its programs refuse it. */
export class PrivatePostgres {
  readonly url: string;
  readonly #bin: string;
  readonly #data: string;
  readonly #port: number;

  private constructor(bin: string, data: string, port: number) {
    this.#bin = bin;
    this.#data = data;
    this.#port = port;
    this.url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  }

  /** Whether PostgreSQL's programs are there. Says so when not; with `CI=true` that is an error. */
  static async isInstalled(): Promise<boolean> {
    if ((await readdir(VERSIONS).catch(() => [])).length > 0) return true;
    if (process.env['CI'] === 'true') throw new Error(`there is no PostgreSQL in ${VERSIONS}`);
    console.warn(`SKIPPED: there is no PostgreSQL in ${VERSIONS}`);
    return false;
  }

  static async make(): Promise<PrivatePostgres> {
    const versions = await readdir(VERSIONS);
    const newest = versions.map(Number).sort((a, b) => b - a)[0];
    const data = await mkdtemp(join(tmpdir(), 'syncline-postgres-'));
    await run('chown', ['postgres', data]);
    const postgres = new PrivatePostgres(`${VERSIONS}/${newest}/bin`, data, await freePort());
    await postgres.#run('initdb', '-D', data, '-A', 'trust', '-U', 'postgres', '-E', 'UTF8');
    await postgres.start();
    return postgres;
  }

  /** @param settings `name=value` */
  async start(...settings: string[]): Promise<void> {
    const options = [
      `port=${this.#port}`,
      'listen_addresses=127.0.0.1',
      `unix_socket_directories=${this.#data}`,
      ...settings,
    ];
    const log = join(this.#data, 'server.log');
    const flags = options.map((option) => `-c ${option}`).join(' ');
    await this.#run('pg_ctl', '-D', this.#data, '-w', '-l', log, '-o', flags, 'start');
  }

  /** `immediate` is as if it were killed: it recovers from its log at the next start. */
  async stop(mode: 'fast' | 'immediate'): Promise<void> {
    await this.#run('pg_ctl', '-D', this.#data, '-w', '-m', mode, 'stop');
  }

  /** Lets none of its processes run, so that its connections are open and silent. */
  async pause(): Promise<void> {
    for (const pid of await this.#processes()) process.kill(pid, 'SIGSTOP');
  }

  async resume(): Promise<void> {
    for (const pid of await this.#processes()) process.kill(pid, 'SIGCONT');
  }

  /**
   * Silences the connections that are open now, of one application: they stay open, and answer nothing. New ones work.
   * @returns what lets them go on
   */
  async freeze(application: string): Promise<() => void> {
    const { stdout } = await run('psql', [
      this.url,
      '-Atc',
      `SELECT pid FROM pg_stat_activity WHERE application_name = '${application}'`,
    ]);
    const pids = stdout.trim().split('\n').filter(Boolean).map(Number);
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    return () => {
      for (const pid of pids) {
        try {
          process.kill(pid, 'SIGCONT');
        } catch {
          // It has ended.
        }
      }
    };
  }

  async remove(): Promise<void> {
    await this.stop('immediate').catch(() => {});
    await rm(this.#data, { recursive: true, force: true });
  }

  /** Of the process that starts the others. */
  async pid(): Promise<number> {
    const [pid = ''] = (await readFile(join(this.#data, 'postmaster.pid'), 'utf8')).split('\n');
    return Number(pid);
  }

  async #processes(): Promise<number[]> {
    const main = await this.pid();
    const { stdout } = await run('pgrep', ['-P', String(main)]);
    return [main, ...stdout.trim().split('\n').map(Number)];
  }

  async #run(program: string, ...args: string[]): Promise<void> {
    await run('runuser', ['-u', 'postgres', '--', join(this.#bin, program), ...args], {
      cwd: this.#data,
    });
  }
}
