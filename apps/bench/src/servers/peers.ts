import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** The other servers: outside of the workspace, with a lockfile of their own. */
const PEERS = new URL('../../peers/', import.meta.url);
/** Written when an installation was complete: the lockfile that it was made from. */
const INSTALLED = new URL('node_modules/.installed-lock.json', PEERS);
const LOCK = new URL('package-lock.json', PEERS);

/** The path of a file among the peers. */
export function peerFile(path: string): string {
  return fileURLToPath(new URL(path, PEERS));
}

/** The version of an installed package. */
export function peerVersion(name: string): string {
  const text = readFileSync(peerFile(`node_modules/${name}/package.json`), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/**
 * Installs the peers if they are not, or if the lockfile is another one than they were installed by.
 * SQLite is compiled where there is no binary for it, which takes a minute or two.
 * @throws Error when npm fails; what it said stands on the terminal.
 */
export async function installPeers(log: (line: string) => void): Promise<void> {
  const lock = readFileSync(LOCK, 'utf8');
  if (existsSync(INSTALLED) && readFileSync(INSTALLED, 'utf8') === lock) return;
  await rm(INSTALLED, { force: true });
  log('installing the peers once (apps/bench/peers): SQLite may be compiled, which takes minutes');
  const started = performance.now();
  const npm = spawn('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: fileURLToPath(PEERS),
    stdio: ['ignore', 'inherit', 'inherit'],
    // What an outer npm run says of itself is not for this one.
    env: Object.fromEntries(
      Object.entries(process.env).filter(
        ([name]) => !/^npm_(package|lifecycle|command)/.test(name),
      ),
    ),
  });
  const seconds = () => Math.round((performance.now() - started) / 1000);
  const progress = setInterval(() => log(`  … ${seconds()} s`), 15_000);
  try {
    const [code] = (await once(npm, 'exit')) as [number | null];
    if (code !== 0) throw new Error(`npm ci in apps/bench/peers ended with ${code}`);
  } finally {
    clearInterval(progress);
  }
  await writeFile(INSTALLED, lock);
  log(`installed in ${seconds()} s`);
}
