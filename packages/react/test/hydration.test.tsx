import './page.ts';
import { act } from '@testing-library/react';
import { StrictMode } from 'react';
import { hydrateRoot } from 'react-dom/client';
import { renderToString } from 'react-dom/server';
import { expect, it } from 'vitest';
import { App, EMPTY } from './app.tsx';
import { eventually, serve, watchConsole } from './harness.ts';

it.each(['its own provider', 'a provider that is ready'])(
  'a page from a server comes alive without a complaint, with %s',
  async (which) => {
    watchConsole();
    const { url, connections, somebody } = await serve();
    const other = await somebody('notes');
    other.doc.getText('text').insert(0, 'there');
    other.doc.getMap('map').set('title', 'there');
    await other.saved();
    const isReady = which === 'a provider that is ready';
    const app = <StrictMode>{isReady ? <App provider={other} /> : <App url={url} />}</StrictMode>;
    const container = document.createElement('div');
    document.body.append(container);
    container.innerHTML = renderToString(app);
    const shown = () => JSON.parse(container.querySelector('p')?.textContent ?? '') as object;
    expect(shown()).toEqual({ ...EMPTY, provider: isReady });
    const paragraph = container.querySelector('p');

    const complaints: unknown[] = [];
    const onRecoverableError = (error: unknown) => complaints.push(error);
    const root = await act(async () => hydrateRoot(container, app, { onRecoverableError }));
    await eventually(() =>
      expect(shown()).toEqual({
        ...EMPTY,
        provider: true,
        loaded: true,
        synced: true,
        access: 'read-write',
        value: 'there',
        title: 'there',
        whole: { title: 'there' },
        self: { name: 'Ada' },
        status: 'live',
      }),
    );
    expect(container.querySelector('textarea')?.value).toBe('there');
    // It is the one that came from the server.
    expect(container.querySelector('p')).toBe(paragraph);
    expect(complaints).toEqual([]);
    expect(await connections()).toBe(isReady ? 1 : 2);
    act(() => root.unmount());
    await eventually(async () => expect(await connections()).toBe(1));
  },
);
