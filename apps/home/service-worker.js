// Keeps the pages, so that a document opens while the server is down. What is in documents is none of its
// business: the pages keep that themselves.

/** The version of what was built, and the paths of its files; put in by scripts/service-worker.mjs. */
const { version, files } = self.BUILD;
const CACHE = `syncline-${version}`;

/** The file that shows what is at a path; undefined: none, it is the server's. */
function fileOf({ pathname }) {
  if (pathname === '/') return '/index.html';
  if (/^\/editor\/[^/]+$/.test(pathname)) return '/editor.html';
  if (/^\/board\/[^/]+$/.test(pathname)) return '/board.html';
  return files.includes(pathname) ? pathname : undefined;
}

/** The address under which the server has a file. */
function addressOf(file) {
  if (file === '/index.html') return '/';
  const page = /^\/(editor|board)\.html$/.exec(file);
  return page === null ? file : `/${page[1]}/-`;
}

self.addEventListener('install', (event) => event.waitUntil(keepAll()));
self.addEventListener('activate', (event) => event.waitUntil(dropOld()));

async function keepAll() {
  const cache = await caches.open(CACHE);
  const keep = async (file) => {
    const response = await fetch(addressOf(file), { cache: 'no-cache' });
    if (!response.ok) throw new Error(`${file}: ${response.status}`);
    await cache.put(file, response);
  };
  await Promise.all(files.map(keep));
  await self.skipWaiting();
}

async function dropOld() {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith('syncline-') && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
  await self.clients.claim();
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
  try {
    const response = await fetch(request);
    if (response.status < 500) return response;
  } catch {
    // The server is down, or there is no network.
  }
  return await kept(request, file);
}

/** The names of built files hold a hash: what was kept is what is wanted. */
async function kept(request, file) {
  return (await caches.match(file)) ?? (await fetch(request));
}
