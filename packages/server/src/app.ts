import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { serveStatic } from '@hono/node-server/serve-static';
import { Hono } from 'hono';
import { type AdminOptions, createAdminRoutes } from './admin/routes.ts';
import type { Metrics } from './metrics.ts';

export interface AppOptions {
  /** Whether the server can serve documents now. */
  readonly isReady: () => boolean;
  readonly metrics: Metrics;
  /** A folder with the built pages; without it there are none. */
  readonly pages: string | undefined;
  readonly admin: AdminOptions;
}

/** What the server answers over HTTP. */
export function createApp({ isReady, metrics, pages, admin }: AppOptions): Hono {
  const app = new Hono();
  app.get('/healthz', (c) => c.text('ok'));
  app.get('/readyz', (c) => (isReady() ? c.text('ready') : c.text('not ready', 503)));
  app.get('/metrics', async (c) => {
    c.header('content-type', metrics.registry.contentType);
    return c.body(await metrics.registry.metrics());
  });
  app.route('/v1/documents', createAdminRoutes(admin));
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
