// Keeps the pages, so that a document opens while the server is down. What is in documents is none of its
// business: the pages keep that themselves.
//
// Versions are never mixed. A page comes from the server when that answers, so it is the newest one; its scripts
// have names that hold a hash, so they are its own, from wherever they come. A new worker waits until no page
// needs the files of the old one: then the browser lets it take over by itself. A tab that is only ever reloaded
// would keep it waiting for ever, so such a page asks for it; see apps/common/src/keep-pages.ts.

/** The version of what was built, and the paths of its files; put in by scripts/service-worker.mjs. */
const { version, files } = self.BUILD;
const CACHE = `syncline-${version}`;
/** Who looks at a page that does not come would rather have the one of yesterday. */
const PATIENCE_MS = 4_000;

/** The file that shows what is at a path; undefined: none, it is the server's. */
function fileOf({ pathname }) {
  if (pathname === '/') return '/index.html';
  const page = /^\/(editor|text|board)\/[^/]+$/.exec(pathname);
  if (page !== null) return `/${page[1]}.html`;
  return files.includes(pathname) ? pathname : undefined;
}

/** The address under which the server has a file. */
function addressOf(file) {
  if (file === '/index.html') return '/';
  const page = /^\/(editor|text|board)\.html$/.exec(file);
  return page === null ? file : `/${page[1]}/-`;
}

self.addEventListener('install', (event) => event.waitUntil(keepAll()));
self.addEventListener('activate', (event) => event.waitUntil(dropOld()));
self.addEventListener('message', (event) => {
  if (event.data?.type === 'take-over') event.waitUntil(takeOver(event.source, event.data.scripts));
});

async function keepAll() {
  const cache = await caches.open(CACHE);
  const keep = async (file) => {
    const response = await fetch(addressOf(file), { cache: 'no-cache' });
    // A proxy that asks people to sign in redirects.
    if (!response.ok || response.redirected) throw new Error(`${file}: ${response.status}`);
    if (file.endsWith('.html')) await checkVersion(file, await response.clone().text());
    await cache.put(file, response);
  };
  await Promise.all(files.map(keep));
}

/** Refuses a page of another version: the server was upgraded since this worker came from it. */
async function checkVersion(file, html) {
  const assets = html.match(/\/assets\/[^"'\s>]+/g) ?? [];
  const foreign = assets.find((path) => !files.includes(path));
  if (foreign !== undefined) throw new Error(`${file} is of another version: ${foreign}`);
}

async function dropOld() {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith('syncline-') && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
  // The first visit's page; the pages of an old worker are gone when this runs.
  await self.clients.claim();
}

/** Takes over for a page of this version, when there is no other that may be of an old one. */
async function takeOver(page, scripts) {
  const pages = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  const isAlone = pages.every(({ id }) => id === page.id);
  if (isAlone && scripts.every((path) => files.includes(path))) await self.skipWaiting();
}

self.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== 'GET' || url.origin !== self.location.origin) return;
  const file = fileOf(url);
  if (file === undefined) return;
  event.respondWith(
    event.request.mode === 'navigate' ? newest(event.request, file) : kept(event.request, file),
  );
});

/** A page as the server has it now, or the one that was kept. */
async function newest(request, file) {
  const fresh = fetch(request);
  const patience = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
  // No answer: the server is down or hangs, or there is no network.
  const answer = await Promise.race([fresh, patience]).catch(() => {});
  if (answer !== undefined && answer.status < 500) return answer;
  return (await keptFile(file)) ?? (await fresh);
}

/** The names of built files hold a hash: what was kept is what is wanted. */
async function kept(request, file) {
  return (await keptFile(file)) ?? (await fetch(request));
}

/** From this version alone: another one's page would ask for scripts that are gone. */
async function keptFile(file) {
  const cache = await caches.open(CACHE);
  return await cache.match(file);
}
