import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { renderToString } from 'react-dom/server';
import { describe, expect, it, vi } from 'vitest';
import { App, EMPTY } from './app.tsx';
import { serve } from './server.ts';

/** What is in the paragraph. */
function shown(html: string): unknown {
  const json = /<p>(.*)<\/p>/.exec(html)?.[1] ?? '';
  return JSON.parse(json.replaceAll('&quot;', '"'));
}

describe('on a server', () => {
  it('renders, empty, without the globals of a browser', () => {
    expect('window' in globalThis || 'document' in globalThis).toBe(false);
    const html = renderToString(<App url="ws://127.0.0.1:1" />);
    expect(shown(html)).toEqual(EMPTY);
    expect(html).toContain('<textarea></textarea>');
  });

  it('connects nowhere, and leaves nothing that runs', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval', 'setImmediate'] });
    renderToString(<App url="ws://127.0.0.1:1" />);
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
    const { url, connections } = await serve();
    renderToString(<App url={url} />);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await connections()).toBe(0);
  });

  it('shows nothing of a provider that is ready: the page in the browser begins without', async () => {
    const { somebody } = await serve();
    const provider = await somebody('notes');
    provider.doc.getText('text').insert(0, 'there');
    provider.doc.getMap('map').set('title', 'there');
    const html = renderToString(<App provider={provider} />);
    expect(shown(html)).toEqual({ ...EMPTY, provider: true });
  });

  it('lets the process end', async () => {
    // By what is built, as applications have it.
    const code = `
      import { createElement } from 'react';
      import { renderToString } from 'react-dom/server';
      import { openOfflineStore } from '@syncline/client/offline';
      import { SynclineProvider, useText } from '@syncline/react';
      const offline = openOfflineStore();
      const Text = () => useText('text').value + '.';
      const props = { url: 'ws://127.0.0.1:1', documentId: 'notes', offline };
      console.log(renderToString(createElement(SynclineProvider, props, createElement(Text))));`;
    const run = promisify(execFile)(process.execPath, ['--input-type=module', '-e', code], {
      cwd: new URL('..', import.meta.url),
      timeout: 10_000,
    });
    await expect(run).resolves.toEqual({ stdout: '.\n', stderr: '' });
  });
});
