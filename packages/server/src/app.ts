import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { serveStatic } from '@hono/node-server/serve-static';
import { Hono } from 'hono';

export interface AppOptions {
  /** Whether the server can serve documents now. */
  readonly isReady: () => boolean;
  /** A folder with the built pages; without it there are none. */
  readonly pages: string | undefined;
}

/** What the server answers over HTTP. */
export function createApp({ isReady, pages }: AppOptions): Hono {
  const app = new Hono();
  app.get('/healthz', (c) => c.text('ok'));
  app.get('/readyz', (c) => (isReady() ? c.text('ready') : c.text('not ready', 503)));
  if (pages !== undefined && existsSync(pages)) {
    app.get('/assets/*', serveStatic({ root: pages, onFound: cacheForever }));
    app.get('/editor/:name', serveStatic({ path: join(pages, 'editor.html') }));
    app.get('/favicon.svg', serveStatic({ path: join(pages, 'favicon.svg') }));
    app.get('/', serveStatic({ path: join(pages, 'index.html') }));
  }
  app.notFound((c) => c.text('not found', 404));
  return app;
}

/** The names of built assets hold a hash of their content. */
function cacheForever(_path: string, c: { header(name: string, value: string): void }): void {
  c.header('cache-control', 'public, max-age=31536000, immutable');
}
