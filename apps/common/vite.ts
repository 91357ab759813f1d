import type { Plugin, UserConfig } from 'vite';

/** Where the server looks for pages, seen from an app's folder. */
const PUBLIC = '../../packages/cli/public';

/**
 * How the pages are built: into one folder, beside each other.
 * @param page the app's page
 * @param path what the addresses that show it begin with: in development they lead to it, as on the server
 */
export function pageConfig(page: string, path: string): UserConfig {
  const documentPages: Plugin = {
    name: 'document-pages',
    configureServer(server) {
      server.middlewares.use((request, _response, next) => {
        if (request.url?.startsWith(path) && path !== '/') request.url = `/${page}`;
        next();
      });
    },
  };
  return {
    plugins: [documentPages],
    build: {
      outDir: PUBLIC,
      emptyOutDir: false,
      chunkSizeWarningLimit: 900,
      rollupOptions: { input: [page] },
    },
  };
}
