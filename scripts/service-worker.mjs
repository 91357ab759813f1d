// Writes the service worker of the built pages: its template, with the names of all that was built.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

const PUBLIC = new URL('../packages/cli/public/', import.meta.url);
const TEMPLATE = new URL('../apps/home/service-worker.js', import.meta.url);

const files = readdirSync(PUBLIC, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name !== 'sw.js')
  .map((entry) =>
    `${entry.parentPath ?? entry.path}/${entry.name}`.slice(PUBLIC.pathname.length - 1),
  )
  .map((path) => `/${path.replace(/^\/+/, '')}`)
  .sort();
const hash = createHash('sha256');
for (const file of files) hash.update(file).update(readFileSync(new URL(`.${file}`, PUBLIC)));
const build = JSON.stringify({ version: hash.digest('hex').slice(0, 16), files });
writeFileSync(
  new URL('sw.js', PUBLIC),
  readFileSync(TEMPLATE, 'utf8').replace('self.BUILD', build),
);
