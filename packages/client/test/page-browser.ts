import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { launchBrowser } from '@syncline/testing/browser';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { build } from 'vite';

/** Chromium, and a server of one page that loads a script: from loopback, which is a secure context. */
export class PageBrowser {
  readonly #browser: Browser;
  readonly #server: Server;

  private constructor(browser: Browser, server: Server) {
    this.#browser = browser;
    this.#server = server;
  }

  /** @param entry the script, in TypeScript */
  static async launch(entry: URL): Promise<PageBrowser> {
    const script = await bundle(fileURLToPath(entry));
    const server = createServer(({ url }, response) => {
      const isScript = url === '/page.js';
      response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
      const page = '<!doctype html><meta charset="utf-8"><script src="/page.js"></script>';
      response.end(isScript ? script : page);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const browser = await launchBrowser();
    return new PageBrowser(browser, server);
  }

  /** Somebody with a browser, and a store, of their own. */
  async person(): Promise<BrowserContext> {
    return await this.#browser.newContext();
  }

  async open(person: BrowserContext): Promise<Page> {
    const page = await person.newPage();
    await page.goto(`http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`);
    return page;
  }

  async close(): Promise<void> {
    await this.#browser.close();
    this.#server.close();
  }
}

/** On the sources, so that nothing has to be built before. */
async function bundle(entry: string): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'error',
    resolve: { conditions: ['@syncline/source', 'module', 'browser', 'import', 'default'] },
    build: { write: false, minify: false, lib: { entry, formats: ['iife'], name: 'page' } },
  });
  const [result] = Array.isArray(built) ? built : [built];
  if (result === undefined || !('output' in result)) throw new Error('nothing was built');
  return result.output[0].code;
}
