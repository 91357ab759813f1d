/** What a browser says about its network and its page. */
export interface PageEvents {
  /** There is a network again, or the user looks at the page again: a good moment to try. */
  readonly onWake: () => void;
  /** There is no network, says the browser. */
  readonly onOffline: () => void;
}

/** Listens to the page, where there is one. Returns how to stop that. */
export function watchPage({ onWake, onOffline }: PageEvents): () => void {
  const page = globalThis.window as Window | undefined;
  const document = globalThis.document as Document | undefined;
  if (typeof page?.addEventListener !== 'function' || document === undefined) return () => {};
  const onVisible = () => {
    if (document.visibilityState === 'visible') onWake();
  };
  page.addEventListener('online', onWake);
  page.addEventListener('offline', onOffline);
  page.addEventListener('pageshow', onVisible);
  document.addEventListener('visibilitychange', onVisible);
  return () => {
    page.removeEventListener('online', onWake);
    page.removeEventListener('offline', onOffline);
    page.removeEventListener('pageshow', onVisible);
    document.removeEventListener('visibilitychange', onVisible);
  };
}
