import './page.ts';
import type { Broadcast } from '@syncline/client';
import { act, render } from '@testing-library/react';
import { memo, StrictMode, useEffect } from 'react';
import { describe, expect, it } from 'vitest';
import { Awareness, applyAwarenessUpdate, encodeAwarenessUpdate } from 'y-protocols/awareness';
import * as Y from 'yjs';
import { garbageState } from '../../bindings/test/garbage.ts';
import { Random } from '../../bindings/test/random.ts';
import {
  type Send,
  SynclineProvider,
  type UpdateSelf,
  useBroadcast,
  useDocument,
  useOthers,
  useSelf,
} from '../src/index.ts';
import { eventually, serve, watchConsole } from './harness.ts';

interface State {
  name?: string;
  cursor?: number | undefined;
}

describe('useOthers', () => {
  it('shows who comes, changes and leaves', async () => {
    watchConsole();
    const { url, somebody } = await serve();
    function People() {
      const others = useOthers<State>();
      return <p>{others.map(({ state }) => `${state.name}@${state.cursor}`).join()}</p>;
    }
    const page = render(
      <StrictMode>
        <SynclineProvider url={url} documentId="board">
          <People />
        </SynclineProvider>
      </StrictMode>,
    );
    const text = () => page.container.textContent;
    expect(text()).toBe('');
    const bob = await somebody('board');
    bob.awareness.setLocalState({ name: 'Bob', cursor: 1 });
    await eventually(() => expect(text()).toBe('Bob@1'));
    bob.awareness.setLocalStateField('cursor', 2);
    await eventually(() => expect(text()).toBe('Bob@2'));
    await bob.close();
    await eventually(() => expect(text()).toBe(''));
  });

  it('renders only for what a selector picks', async () => {
    const { somebody } = await serve();
    const provider = await somebody('board');
    const bob = await somebody('board');
    bob.awareness.setLocalState({ name: 'Bob', cursor: 0 });
    const renders = { names: 0, cursors: 0 };
    const Names = memo(() => {
      renders.names++;
      const names = useOthers((others: readonly { state: State }[]) =>
        others.map(({ state }) => state.name),
      );
      return <p>{names.join()}</p>;
    });
    const Cursors = memo(() => {
      renders.cursors++;
      const cursors = useOthers<State, number[]>((others) =>
        others.map(({ state }) => state.cursor ?? -1),
      );
      return <p>{cursors.join()}</p>;
    });
    const page = render(
      <SynclineProvider provider={provider}>
        <Names />
        <Cursors />
      </SynclineProvider>,
    );
    await eventually(() => expect(page.container.textContent).toBe('Bob0'));
    const before = { ...renders };
    for (let cursor = 1; cursor <= 3; cursor++) {
      bob.awareness.setLocalStateField('cursor', cursor);
      await eventually(() => expect(page.container.textContent).toBe(`Bob${cursor}`));
    }
    expect(renders).toEqual({ names: before.names, cursors: before.cursors + 3 });
  });

  it('leaves out what a parser does not take', async () => {
    const { url, somebody } = await serve();
    function People() {
      return (
        <p>
          {useOthers<State>()
            .map(({ state }) => state.name)
            .join()}
        </p>
      );
    }
    const parse = (state: Readonly<Record<string, unknown>>) =>
      typeof state['name'] === 'string' ? { name: state['name'].toUpperCase() } : undefined;
    const page = render(
      <SynclineProvider url={url} documentId="board" parsePresence={parse}>
        <People />
      </SynclineProvider>,
    );
    const eve = await somebody('board');
    eve.awareness.setLocalState({ name: { toString: 1 } });
    const bob = await somebody('board');
    bob.awareness.setLocalState({ name: 'Bob' });
    await eventually(() => expect(page.container.textContent).toBe('BOB'));
  });

  it('shows names and colours, whatever others send', async () => {
    watchConsole();
    const { somebody } = await serve();
    const provider = await somebody('board');
    interface Named {
      user?: { name?: string; color?: string };
    }
    function People() {
      const others = useOthers<Named>();
      const picked = useOthers((others: readonly { state: Named }[]) =>
        others.map(({ state }) => state),
      );
      const people = others.map(({ clientId, userId, color, state }) => (
        <li key={clientId} title={userId} style={{ color: state.user?.color ?? color }}>
          {state.user?.name}
        </li>
      ));
      return <ul title={`${picked.length}`}>{people}</ul>;
    }
    const page = render(
      <StrictMode>
        <SynclineProvider provider={provider}>
          <People />
        </SynclineProvider>
      </StrictMode>,
    );
    const others = [1, 2, 3].map(() => new Awareness(new Y.Doc()));
    const random = new Random(Date.now());
    const show = (other: Awareness | undefined, state: object) => {
      other?.setLocalState(state as Record<string, unknown>);
      const update = encodeAwarenessUpdate(other as Awareness, [other?.clientID ?? 0]);
      act(() => applyAwarenessUpdate(provider.awareness, update, 'server'));
    };
    for (let i = 0; i < 200; i++) show(random.of(others), garbageState(random));
    for (const other of others) {
      show(other, { user: { name: 'Eve', color: { toString: 1 } }, cursor: { x: 1 } });
    }
    expect(page.container.textContent).toBe('');
    for (const other of others) show(other, { user: { name: 'Bob', color: 'red' } });
    expect(page.container.textContent).toBe('BobBobBob');
    for (const other of others) other.destroy();
  });
});

describe('useSelf', () => {
  it('is seen by the others, also what is set before there is a connection', async () => {
    watchConsole();
    const { url, somebody } = await serve();
    const bob = await somebody('board');
    const states = () => [...bob.awareness.getStates()].filter(([id]) => id !== bob.doc.clientID);
    let update: UpdateSelf<State> = () => {};
    const updates = new Set<unknown>();
    function Me() {
      const [self, updateSelf] = useSelf<State>();
      update = updateSelf;
      updates.add(updateSelf);
      useEffect(() => updateSelf({ name: 'Ada' }), [updateSelf]);
      return <p>{JSON.stringify(self)}</p>;
    }
    const page = render(
      <StrictMode>
        <SynclineProvider url={url} documentId="board">
          <Me />
        </SynclineProvider>
      </StrictMode>,
    );
    await eventually(() => expect(states()).toEqual([[expect.any(Number), { name: 'Ada' }]]));
    act(() => update({ cursor: 3 }));
    expect(page.container.textContent).toBe('{"name":"Ada","cursor":3}');
    await eventually(() => expect(states()[0]?.[1]).toEqual({ name: 'Ada', cursor: 3 }));
    act(() => update({ cursor: undefined }));
    expect(page.container.textContent).toBe('{"name":"Ada"}');
    await eventually(() => expect(states()[0]?.[1]).toEqual({ name: 'Ada' }));
    expect(new Set(updates).size).toBeLessThanOrEqual(2);
    page.unmount();
    await eventually(() => expect(states()).toEqual([]));
    // Nobody hears it any more.
    update({ cursor: 9 });
    expect(states()).toEqual([]);
  });

  it('takes its fields away from a provider that stays open, and no others', async () => {
    const { somebody } = await serve();
    const provider = await somebody('board');
    provider.awareness.setLocalState({ editor: 1 });
    function Me() {
      const [, update] = useSelf<State>();
      useEffect(() => update({ name: 'Ada' }), [update]);
      return null;
    }
    const page = render(
      <SynclineProvider provider={provider}>
        <Me />
      </SynclineProvider>,
    );
    expect(provider.awareness.getLocalState()).toEqual({ editor: 1, name: 'Ada' });
    page.unmount();
    await eventually(() => expect(provider.awareness.getLocalState()).toEqual({ editor: 1 }));
  });
});

describe('useBroadcast', () => {
  it('says and hears, each topic for itself, with the last handler', async () => {
    watchConsole();
    const { url, somebody } = await serve();
    const bob = await somebody('board');
    const heard: unknown[] = [];
    const atBob: Broadcast[] = [];
    bob.on('broadcast', (broadcast) => atBob.push(broadcast));
    const sends = new Set<Send>();
    let isSynced = false;
    function App({ round }: { readonly round: number }) {
      isSynced = useDocument().synced;
      sends.add(
        useBroadcast('reaction', (payload, { userId }) => heard.push([round, payload, userId])),
      );
      useBroadcast('call');
      return null;
    }
    const app = (round: number) => (
      <StrictMode>
        <SynclineProvider url={url} documentId="board">
          <App round={round} />
        </SynclineProvider>
      </StrictMode>
    );
    const page = render(app(0));
    const [send] = sends as Set<Send> & Iterable<Send>;
    expect(await send?.('too early')).toBe(false);
    await eventually(() => expect(isSynced).toBe(true));
    await bob.send('call', 'not this');
    await bob.send('reaction', { emoji: 'a' }, { ack: true });
    await eventually(() => expect(heard).toEqual([[0, { emoji: 'a' }, '']]));
    page.rerender(app(1));
    await bob.send('reaction', 'b');
    await eventually(() => expect(heard.at(-1)).toEqual([1, 'b', '']));

    const last = [...sends].at(-1);
    expect(await last?.('hello', { ack: true })).toBe(true);
    await eventually(() =>
      expect(atBob).toEqual([{ topic: 'reaction', payload: 'hello', userId: '' }]),
    );
    // StrictMode renders a component twice before it is there.
    expect(sends.size).toBeLessThanOrEqual(2);
    page.unmount();
    await bob.send('reaction', 'c', { ack: true });
    expect(heard).toHaveLength(2);
  });

  it('hears what came before it was there, when the component asks for that', async () => {
    const { url, somebody } = await serve();
    const bob = await somebody('board');
    for (const n of [1, 2, 3]) await bob.send('n', n, { ack: true });
    const heard: unknown[] = [];
    function App() {
      useBroadcast('n', (payload) => heard.push(payload));
      return null;
    }
    render(
      <SynclineProvider url={url} documentId="board" replay={2}>
        <App />
      </SynclineProvider>,
    );
    await eventually(() => expect(heard).toEqual([2, 3]));
  });
});
