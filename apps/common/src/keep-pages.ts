/** Keeps the pages in this browser, so that they open while the server is down. */
export function keepPages(): void {
  // In development the pages change under one's hands.
  if (import.meta.env.DEV || !('serviceWorker' in navigator)) return;
  navigator.serviceWorker.register('/sw.js').then(takeOver, () => {
    // Not on an insecure address, or forbidden: the pages need the server then.
  });
}

/**
 * Asks a worker that waits to take over. This page has just come, so if it is of that version and no other page
 * is open, nobody needs the files of the old one any more.
 */
function takeOver(registration: ServiceWorkerRegistration): void {
  const ask = () => registration.waiting?.postMessage({ type: 'take-over', scripts: scripts() });
  ask();
  // This page can be the first of its version: then its worker is only being installed.
  const installing = registration.installing;
  installing?.addEventListener('statechange', ask);
  registration.addEventListener('updatefound', () => {
    registration.installing?.addEventListener('statechange', ask);
  });
}

/** What this page runs; the names say the version. */
function scripts(): string[] {
  return [...document.scripts].flatMap(({ src }) => (src === '' ? [] : [new URL(src).pathname]));
}
