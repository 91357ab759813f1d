import './page.ts';
import { SynclineConnection } from '@syncline/client';
import { createCustomAuthenticator } from '@syncline/server/access';
import { act, render } from '@testing-library/react';
import { Activity, Component, type ReactNode, StrictMode } from 'react';
import { describe, expect, it, vi } from 'vitest';
import type * as Y from 'yjs';
import {
  type DocumentState,
  SynclineProvider,
  useConnectionState,
  useDocument,
  useText,
} from '../src/index.ts';
import { atEnd, eventually, serve, watchConsole } from './harness.ts';

/** A component that shows what the document is at, and what it was given at last. */
function observer() {
  const seen: DocumentState[] = [];
  function Observer() {
    const document = useDocument();
    const { status } = useConnectionState();
    seen.push(document);
    return <p>{`${status} ${document.loaded} ${document.synced}`}</p>;
  }
  return { Observer, seen, last: () => seen.at(-1) as DocumentState };
}

const textOf = (doc: Y.Doc) => doc.getText('text');

describe('<SynclineProvider>', () => {
  it('connects once in StrictMode, and not any more when it is gone', async () => {
    watchConsole();
    const { url, connections } = await serve();
    let asked = 0;
    const token = () => {
      asked++;
      return '';
    };
    const { Observer, last } = observer();
    const page = render(
      <StrictMode>
        <SynclineProvider url={url} documentId="notes" token={token}>
          <Observer />
        </SynclineProvider>
      </StrictMode>,
    );
    await eventually(() => expect(page.container.textContent).toBe('live true true'));
    expect(await connections()).toBe(1);
    expect(asked).toBe(1);
    expect(last().provider?.doc).toBe(last().doc);

    page.unmount();
    await eventually(async () => expect(await connections()).toBe(0));
    expect(asked).toBe(1);
  });

  it('gives each of several components a connection of its own', async () => {
    const { url, connections } = await serve();
    const [one, two] = [observer(), observer()];
    const page = render(
      <StrictMode>
        <SynclineProvider url={url} documentId="one">
          <one.Observer />
        </SynclineProvider>
        <SynclineProvider url={url} documentId="two">
          <two.Observer />
        </SynclineProvider>
      </StrictMode>,
    );
    await eventually(() => expect(page.container.textContent).toBe('live true truelive true true'));
    expect(await connections()).toBe(2);
    page.unmount();
    await eventually(async () => expect(await connections()).toBe(0));
  });

  it('stays connected when functions and objects are others with each render', async () => {
    const { url, connections } = await serve();
    const asked: number[] = [];
    const { Observer, last } = observer();
    const app = (render: number) => (
      <SynclineProvider
        url={url}
        documentId="notes"
        token={() => {
          asked.push(render);
          return '';
        }}
        schema={{ version: 1 }}
        transports={['web-socket', 'http-poll']}
        subdocuments={(guid) => `sub-${guid}`}
        parsePresence={(state) => state}
      >
        <Observer />
      </SynclineProvider>
    );
    const page = render(app(0));
    await eventually(() => expect(last().synced).toBe(true));
    const { provider } = last();
    for (let i = 1; i < 5; i++) page.rerender(app(i));
    expect(last().provider).toBe(provider);
    expect(asked).toEqual([0]);
    expect(await connections()).toBe(1);

    // The function that is asked is the last one.
    act(() => {
      provider?.connection.disconnect();
      provider?.connection.connect();
    });
    await eventually(() => expect(asked).toEqual([0, 4]));
  });

  it('makes another provider for another document, and keeps the components', async () => {
    const { url, connections } = await serve();
    const { Observer, seen, last } = observer();
    const app = (documentId: string) => (
      <SynclineProvider url={url} documentId={documentId}>
        <Observer />
      </SynclineProvider>
    );
    const page = render(app('one'));
    await eventually(() => expect(last().synced).toBe(true));
    const one = last();
    const paragraph = page.container.querySelector('p');
    const from = seen.length;
    page.rerender(app('two'));
    await eventually(() => expect(last().synced).toBe(true));
    expect(last().doc).not.toBe(one.doc);
    expect(last().provider?.documentId).toBe('two');
    expect(page.container.querySelector('p')).toBe(paragraph);
    // Not for one render does the old document stand for the new one.
    for (const { doc } of seen.slice(from)) expect(doc).toBe(last().doc);
    await eventually(async () => expect(await connections()).toBe(1));
  });

  it('goes to another server when the URL is another one', async () => {
    const [one, two] = [await serve(), await serve()];
    const { Observer, last } = observer();
    const app = (url: string) => (
      <SynclineProvider url={url} documentId="notes">
        <Observer />
      </SynclineProvider>
    );
    const page = render(app(one.url));
    await eventually(() => expect(last().synced).toBe(true));
    page.rerender(app(two.url));
    await eventually(async () => expect(await two.connections()).toBe(1));
    await eventually(async () => expect(await one.connections()).toBe(0));
  });

  it('disconnects while it is hidden, and connects with a new copy when it is shown', async () => {
    watchConsole();
    const { url, connections, somebody } = await serve();
    const { Observer, last } = observer();
    function Text() {
      return <i>{useText('text').value}</i>;
    }
    const app = (mode: 'visible' | 'hidden') => (
      <StrictMode>
        <Activity mode={mode}>
          <SynclineProvider url={url} documentId="notes">
            <Observer />
            <Text />
          </SynclineProvider>
        </Activity>
      </StrictMode>
    );
    const page = render(app('visible'));
    await eventually(() => expect(last().synced).toBe(true));
    const { doc } = last();
    act(() => textOf(doc).insert(0, 'kept'));
    page.rerender(app('hidden'));
    await eventually(async () => expect(await connections()).toBe(0));
    const other = await somebody('notes');
    textOf(other.doc).insert(4, ' and more');
    page.rerender(app('visible'));
    await eventually(() => expect(page.container.textContent).toBe('live true truekept and more'));
    expect(last().doc).not.toBe(doc);
    expect(await connections()).toBe(2);
  });

  it('leaves open what it was given', async () => {
    const { somebody } = await serve();
    const given = await somebody('notes');
    const { Observer, seen, last } = observer();
    const page = render(
      <StrictMode>
        <SynclineProvider provider={given}>
          <Observer />
        </SynclineProvider>
      </StrictMode>,
    );
    for (const { doc } of seen) expect(doc).toBe(given.doc);
    expect(last()).toMatchObject({ provider: given, loaded: true, synced: true });
    page.unmount();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(given.state.status).toBe('live');
  });

  it('leaves a shared connection open, and ends its session', async () => {
    const { url, connections } = await serve();
    const connection = new SynclineConnection({ url });
    atEnd(() => connection.close());
    const { Observer, last } = observer();
    const page = render(
      <StrictMode>
        <SynclineProvider connection={connection} documentId="one">
          <Observer />
        </SynclineProvider>
        <SynclineProvider connection={connection} documentId="two">
          <Observer />
        </SynclineProvider>
      </StrictMode>,
    );
    await eventually(() => expect(page.container.textContent).toBe('live true truelive true true'));
    expect(await connections()).toBe(1);
    const { provider } = last();
    page.unmount();
    await eventually(() => expect(provider?.state.status).toBe('offline'));
    expect(connection.state.status).toBe('live');
    expect(connection.sessions).toBe(0);
  });

  it('has a document before it is connected, and saves what was written when it is gone at once', async () => {
    const { url, connections, somebody } = await serve();
    function Writer(): ReactNode {
      const { doc } = useDocument();
      textOf(doc);
      return <button type="button" onClick={() => textOf(doc).insert(0, 'quick')} />;
    }
    const page = render(
      <SynclineProvider url={url} documentId="notes">
        <Writer />
      </SynclineProvider>,
    );
    page.getByRole('button').click();
    page.unmount();
    const reader = await somebody('notes');
    await eventually(() => expect(textOf(reader.doc).toString()).toBe('quick'));
    await eventually(async () => expect(await connections()).toBe(1));
  });

  it('saves what was written without a connection, if there is one soon', async () => {
    const { url, connections, somebody } = await serve();
    const { Observer, last } = observer();
    const page = render(
      <SynclineProvider url={url} documentId="notes">
        <Observer />
      </SynclineProvider>,
    );
    await eventually(() => expect(last().synced).toBe(true));
    const { provider, doc } = last();
    act(() => provider?.disconnect());
    textOf(doc).insert(0, 'unsaved');
    page.unmount();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(provider?.saveState.state).toBe('offline');
    provider?.connect();
    const reader = await somebody('notes');
    await eventually(() => expect(textOf(reader.doc).toString()).toBe('unsaved'));
    await eventually(async () => expect(await connections()).toBe(1));
  });

  it('tries again with another token when one was refused', async () => {
    const { url } = await serve({
      authenticator: createCustomAuthenticator(({ token }) => {
        if (token !== 'good') throw new Error('no');
        return { id: 'ada' };
      }),
    });
    const { Observer } = observer();
    const app = (token: string) => (
      <StrictMode>
        <SynclineProvider url={url} documentId="notes" token={token}>
          <Observer />
        </SynclineProvider>
      </StrictMode>
    );
    const page = render(app('bad'));
    await eventually(() => expect(page.container.textContent).toBe('refused false false'));
    page.rerender(app('good'));
    await eventually(() => expect(page.container.textContent).toBe('live true true'));
  });

  it('tells an error boundary of options that are wrong', async () => {
    const silence = vi.spyOn(console, 'error').mockImplementation(() => {});
    const { url, connections } = await serve();
    class Boundary extends Component<{ readonly children: ReactNode }, { readonly code?: string }> {
      override state: { readonly code?: string } = {};
      static getDerivedStateFromError = ({ code }: { code: string }) => ({ code });
      override render() {
        return this.state.code ?? this.props.children;
      }
    }
    const page = render(
      <StrictMode>
        <Boundary>
          <SynclineProvider url={url} documentId="">
            <p />
          </SynclineProvider>
        </Boundary>
      </StrictMode>,
    );
    expect(page.container.textContent).toBe('document-id-invalid');
    expect(await connections()).toBe(0);
    silence.mockRestore();
  });

  it('is loaded from then on, also when the connection is lost', async () => {
    const { url } = await serve();
    const { Observer, seen, last } = observer();
    const page = render(
      <SynclineProvider url={url} documentId="notes">
        <Observer />
      </SynclineProvider>,
    );
    expect(seen[0]).toMatchObject({ loaded: false, synced: false, provider: undefined });
    await eventually(() => expect(page.container.textContent).toBe('live true true'));
    act(() => last().provider?.disconnect());
    expect(page.container.textContent).toBe('offline true false');
  });
});
