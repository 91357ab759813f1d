import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { serveStatic } from '@hono/node-server/serve-static';
import { Hono } from 'hono';
import { type ControlOptions, createControlRoutes } from './admin/control-routes.ts';
import { type AdminOptions, createAdminRoutes } from './admin/routes.ts';
import { ANSWER_HEADERS, PAGE_HEADERS, withHeaders } from './answer-headers.ts';
import type { Edge } from './edge.ts';
import type { Gate } from './gate.ts';
import type { HttpConnections } from './http-transport/http-connections.ts';
import { createSyncRoutes } from './http-transport/routes.ts';
import type { Metrics } from './metrics.ts';

export interface AppOptions {
  /** Whether the server can serve documents now. */
  readonly isReady: () => boolean;
  readonly metrics: Metrics;
  /** A folder with the built pages; without it there are none. */
  readonly pages: string | undefined;
  readonly admin: AdminOptions;
  readonly control: ControlOptions;
  readonly edge: Edge;
  readonly gate: Gate;
  readonly httpConnections: HttpConnections;
  /** What all paths begin with; empty, or `/sync`, say. The pages are served without one only. */
  readonly basePath: string;
}

/** What the server answers over HTTP. */
export function createApp(options: AppOptions): Hono {
  const { isReady, metrics, pages, admin, control, edge, gate, httpConnections, basePath } =
    options;
  const root = new Hono();
  root.use(withHeaders(ANSWER_HEADERS));
  const app = basePath === '' ? root : root.basePath(basePath);
  app.get('/healthz', (c) => c.text('ok'));
  app.get('/readyz', (c) => (isReady() ? c.text('ready') : c.text('not ready', 503)));
  // Open to who reaches the port, also with authentication: scrapers have no tokens, and there are
  // numbers in it, no names of documents or users. Who wants it closed closes it at the proxy.
  app.get('/metrics', async (c) => {
    c.header('content-type', metrics.registry.contentType);
    return c.body(await metrics.registry.metrics());
  });
  app.route('/v1/documents', createAdminRoutes(admin));
  app.route('/v1/sync', createSyncRoutes(edge, gate, httpConnections));
  app.route('/v1', createControlRoutes(control));
  if (pages !== undefined && basePath === '' && existsSync(pages)) {
    const page = (path: string, file: string) =>
      app.get(path, ofPages, serveStatic({ path: join(pages, file) }));
    app.get('/assets/*', ofPages, serveStatic({ root: pages, onFound: cacheForever }));
    page('/editor/:name', 'editor.html');
    page('/text/:name', 'text.html');
    page('/board/:name', 'board.html');
    // A browser asks for a newer one by itself, and must not be told an old one.
    app.get('/sw.js', ofPages, serveStatic({ path: join(pages, 'sw.js'), onFound: neverCache }));
    page('/favicon.svg', 'favicon.svg');
    page('/', 'index.html');
  }
  root.notFound((c) => c.text('not found', 404));
  return root;
}

const ofPages = withHeaders(PAGE_HEADERS);

function neverCache(_path: string, c: { header(name: string, value: string): void }): void {
  c.header('cache-control', 'no-cache');
}

/** The names of built assets hold a hash of their content. */
function cacheForever(_path: string, c: { header(name: string, value: string): void }): void {
  c.header('cache-control', 'public, max-age=31536000, immutable');
}
