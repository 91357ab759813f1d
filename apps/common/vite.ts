import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Plugin, UserConfig } from 'vite';

/** Where scripts/build-apps.sh gathers the pages; else where the server looks for them. */
const PUBLIC =
  process.env['SYNCLINE_PAGES'] ??
  fileURLToPath(new URL('../../packages/cli/public', import.meta.url));

/**
 * How the pages are built: into one folder, beside each other.
 * @param page the app's page
 * @param path what the addresses that show it begin with: in development they lead to it, as on the server
 */
export function pageConfig(page: string, path: string): UserConfig {
  return pagesConfig({ [path]: page });
}

/** As {@link pageConfig}, for an app of several pages: what addresses begin with, and the page for them. */
export function pagesConfig(pages: Readonly<Record<string, string>>): UserConfig {
  const documentPages: Plugin = {
    name: 'document-pages',
    configureServer(server) {
      server.middlewares.use((request, _response, next) => {
        const path = Object.keys(pages).find((path) => request.url?.startsWith(path));
        if (path !== undefined && path !== '/') request.url = `/${pages[path]}`;
        next();
      });
    },
  };
  return {
    plugins: [documentPages, barInPages],
    build: {
      outDir: PUBLIC,
      emptyOutDir: false,
      chunkSizeWarningLimit: 900,
      rollupOptions: { input: Object.values(pages) },
    },
  };
}

/** Puts the bar on top of a document into pages that say where; src/bar.ts brings it to life. */
const barInPages: Plugin = {
  name: 'bar-in-pages',
  transformIndexHtml: (html) =>
    html.replace('<!-- bar -->', () =>
      readFileSync(new URL('bar.html', import.meta.url), 'utf8').trim(),
    ),
};
