import './page.ts';
import { act, render } from '@testing-library/react';
import { memo, StrictMode, useEffect } from 'react';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import {
  type DocumentState,
  SynclineProvider,
  useConnectionState,
  useDocument,
  useMap,
  useOthers,
  useSaveState,
  useSelf,
  useText,
  useUndo,
} from '../src/index.ts';
import { eventually, HeldStore, serve, watchConsole } from './harness.ts';

/** Puts other content in the place of a document's. */
async function replace(url: string, documentId: string): Promise<void> {
  const doc = new Y.Doc();
  doc.getText('text').insert(0, 'new');
  doc.getMap('map').set('title', 'new');
  const response = await fetch(`${url}/v1/documents/${documentId}?replace`, {
    method: 'PUT',
    body: new Uint8Array(Y.encodeStateAsUpdate(doc)),
  });
  expect(response.ok, await response.text()).toBe(true);
}

describe('a document that begins anew', () => {
  it('is what all hooks work on then', async () => {
    watchConsole();
    const { url, connections, somebody } = await serve();
    let document: DocumentState | undefined;
    function App() {
      document = useDocument();
      const { value, ref } = useText('text');
      const [title, update] = useMap('map', (map: { title?: string }) => map.title);
      const names = useOthers((others) => others.map(({ userId }) => userId));
      const [self, setSelf] = useSelf<{ name: string }>();
      const { undo, canUndo } = useUndo(document.doc.getMap('map'));
      useEffect(() => setSelf({ name: 'Ada' }), [setSelf]);
      return (
        <>
          <textarea ref={ref} />
          <p>{[value, title, self?.name, canUndo, names.length].join(' ')}</p>
          <button
            type="button"
            onClick={() =>
              update((map) => {
                map.title = 'mine';
              })
            }
          >
            write
          </button>
          <button type="button" onClick={undo}>
            undo
          </button>
        </>
      );
    }
    const page = render(
      <StrictMode>
        <SynclineProvider url={url} documentId="notes">
          <App />
        </SynclineProvider>
      </StrictMode>,
    );
    const text = () => page.container.querySelector('p')?.textContent;
    const field = () => page.container.querySelector('textarea') as HTMLTextAreaElement;
    await eventually(() => expect(document?.synced).toBe(true));
    const old = document?.doc as Y.Doc;
    act(() => old.getText('text').insert(0, 'old'));
    act(() => page.getByText('write').click());
    expect(text()).toBe('old mine Ada true 0');
    await document?.provider?.saved();

    await replace(url, 'notes');
    await eventually(() => expect(text()).toBe('new new Ada false 0'));
    expect(document?.doc).not.toBe(old);
    expect(document?.doc).toBe(document?.provider?.doc);
    expect(field().value).toBe('new');

    act(() => page.getByText('write').click());
    expect(text()).toBe('new mine Ada true 0');
    act(() => page.getByText('undo').click());
    expect(text()).toBe('new new Ada false 0');
    act(() => {
      field().value = 'newer';
      field().setSelectionRange(5, 5);
      field().dispatchEvent(new InputEvent('input', { bubbles: true }));
    });
    const reader = await somebody('notes');
    await eventually(() => expect(reader.doc.getText('text').toString()).toBe('newer'));
    expect(old.getText('text').toString()).toBe('old');
    const states = () => [...reader.awareness.getStates().values()];
    await eventually(() => expect(states()).toContainEqual({ name: 'Ada' }));
    reader.awareness.setLocalState({ name: 'Bob' });
    await eventually(() => expect(text()).toBe('newer new Ada false 1'));
    expect(await connections()).toBe(2);
  });
});

describe('useDocument', () => {
  it('says what the user can do', async () => {
    const { url } = await serve();
    const version = (number: number) => (
      <SynclineProvider url={url} documentId="notes" schema={{ version: number }}>
        <Access />
      </SynclineProvider>
    );
    function Access() {
      return <p>{JSON.stringify(useDocument().access)}</p>;
    }
    const one = render(version(1));
    expect(one.container.textContent).toBe('{"state":"unknown"}');
    await eventually(() => expect(one.container.textContent).toBe('{"state":"read-write"}'));
    const two = render(version(2));
    await eventually(() => expect(two.container.textContent).toBe('{"state":"read-write"}'));
    await eventually(() =>
      expect(one.container.textContent).toBe('{"state":"read-only","because":"schema-outdated"}'),
    );
  });
});

describe('useSaveState', () => {
  it('says saving, and saved after the commit', async () => {
    watchConsole();
    const store = new HeldStore();
    const { url } = await serve({ store });
    const states: string[] = [];
    let bytes = 0;
    let renders = 0;
    let document: DocumentState | undefined;
    const Saved = memo(() => {
      const { state, unsavedBytes } = useSaveState();
      if (states.at(-1) !== state) states.push(state);
      bytes = Math.max(bytes, unsavedBytes);
      return null;
    });
    const Word = memo(() => {
      renders++;
      return <p>{useSaveState(({ state }) => state)}</p>;
    });
    function Grab() {
      document = useDocument();
      return <i>{useConnectionState().status}</i>;
    }
    const page = render(
      <StrictMode>
        <SynclineProvider url={url} documentId="notes">
          <Saved />
          <Word />
          <Grab />
        </SynclineProvider>
      </StrictMode>,
    );
    await eventually(() => expect(document?.synced).toBe(true));
    expect(states).toEqual(['saved']);
    store.hold();
    const before = renders;
    for (const letter of 'abc') {
      await act(async () => document?.doc.getText('text').insert(0, letter));
    }
    expect(page.container.querySelector('p')?.textContent).toBe('saving');
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(states).toEqual(['saved', 'saving']);
    // In StrictMode each is twice.
    expect(renders - before).toBe(2);
    store.release();
    await eventually(() => expect(states).toEqual(['saved', 'saving', 'saved']));
    expect(bytes).toBeGreaterThan(0);

    act(() => document?.provider?.disconnect());
    await act(async () => document?.doc.getText('text').insert(0, 'd'));
    expect(page.container.textContent).toBe('offlineoffline');
  });
});
