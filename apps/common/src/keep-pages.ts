/** Keeps the pages in this browser, so that they open while the server is down. */
export function keepPages(): void {
  // In development the pages change under one's hands.
  if (import.meta.env.DEV || !('serviceWorker' in navigator)) return;
  navigator.serviceWorker.register('/sw.js').catch(() => {
    // Not on an insecure address, or forbidden: the pages need the server then.
  });
}
