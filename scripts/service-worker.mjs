// Writes the service worker of the built pages: its template, with the names of all that was built.
// usage: service-worker.mjs [folder of the pages]
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PUBLIC = resolve(process.argv[2] ?? join(ROOT, 'packages/cli/public'));
const TEMPLATE = join(ROOT, 'apps/home/service-worker.js');

const files = readdirSync(PUBLIC, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name !== 'sw.js')
  .map((entry) => relative(PUBLIC, join(entry.parentPath ?? entry.path, entry.name)))
  .map((path) => `/${path.split(sep).join('/')}`)
  .sort();
const template = readFileSync(TEMPLATE, 'utf8');
// A worker that does something else with the same files is another version, too.
const hash = createHash('sha256').update(template);
for (const file of files) hash.update(file).update(readFileSync(join(PUBLIC, file)));
const build = JSON.stringify({ version: hash.digest('hex').slice(0, 16), files });
writeFileSync(
  join(PUBLIC, 'sw.js'),
  template.replace('self.BUILD', () => build),
);
