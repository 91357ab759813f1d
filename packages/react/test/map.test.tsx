import './page.ts';
import { act, render } from '@testing-library/react';
import { memo, StrictMode, startTransition, useEffect, useState } from 'react';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { SynclineProvider, type UpdateMap, useDocument, useMap } from '../src/index.ts';
import { eventually, serve, watchConsole } from './harness.ts';

interface Board {
  title?: string;
  count?: number;
  shapes?: Record<string, { x: number; y: number }>;
}

const titleOf = (board: Board) => board.title;

describe('useMap', () => {
  it('shows what is in a map, and what others write', async () => {
    watchConsole();
    const { url, somebody } = await serve();
    const other = await somebody('board');
    const map = other.doc.getMap<unknown>('board');
    map.set('title', 'Plan');
    let update: UpdateMap<Board> | undefined;
    function Whole() {
      const [board, updateBoard] = useMap<Board>('board');
      update = updateBoard;
      return <p>{JSON.stringify(board)}</p>;
    }
    const page = render(
      <StrictMode>
        <SynclineProvider url={url} documentId="board">
          <Whole />
        </SynclineProvider>
      </StrictMode>,
    );
    await eventually(() => expect(page.container.textContent).toBe('{"title":"Plan"}'));
    act(() =>
      update?.((board) => {
        board.shapes = { a: { x: 1, y: 2 } };
      }),
    );
    expect(page.container.textContent).toBe('{"title":"Plan","shapes":{"a":{"x":1,"y":2}}}');
    await eventually(() => expect(map.toJSON().shapes).toEqual({ a: { x: 1, y: 2 } }));
    map.delete('title');
    await eventually(() =>
      expect(page.container.textContent).toBe('{"shapes":{"a":{"x":1,"y":2}}}'),
    );
  });

  it('renders only for what a selector picks', async () => {
    const { somebody } = await serve();
    const other = await somebody('board');
    const renders = { title: 0, count: 0, list: 0, whole: 0 };
    const updates = new Set<unknown>();
    const Title = memo(() => {
      renders.title++;
      const [title, update] = useMap('board', titleOf);
      updates.add(update);
      return <i>{title}</i>;
    });
    const Count = memo(() => {
      renders.count++;
      // Another function with each render.
      const [count] = useMap('board', (board: Board) => board.count);
      return <b>{count}</b>;
    });
    const List = memo(() => {
      renders.list++;
      const [names] = useMap('board', (board: Board) => Object.keys(board.shapes ?? {}));
      return <u>{names.join()}</u>;
    });
    const Whole = memo(() => {
      renders.whole++;
      useMap<Board>('board');
      return null;
    });
    let doc: Y.Doc | undefined;
    function Grab() {
      ({ doc } = useDocument());
      return null;
    }
    const page = render(
      <SynclineProvider provider={other}>
        <Title />
        <Count />
        <List />
        <Whole />
        <Grab />
      </SynclineProvider>,
    );
    const board = doc?.getMap<unknown>('board') as Y.Map<unknown>;
    const shapes = new Y.Map<unknown>();
    act(() => void board.set('shapes', shapes));
    act(() => void shapes.set('a', { x: 0 }));
    const change = (from: () => void) => {
      const before = { ...renders };
      act(from);
      return Object.fromEntries(
        Object.entries(renders).map(([name, n]) => [
          name,
          n - before[name as keyof typeof renders],
        ]),
      );
    };
    expect(change(() => board.set('title', 'A'))).toEqual({
      title: 1,
      count: 0,
      list: 0,
      whole: 1,
    });
    expect(change(() => board.set('count', 1))).toEqual({ title: 0, count: 1, list: 0, whole: 1 });
    // The same names in another array.
    expect(change(() => shapes.set('a', { x: 1 }))).toEqual({
      title: 0,
      count: 0,
      list: 0,
      whole: 1,
    });
    expect(change(() => shapes.set('b', { x: 1 }))).toEqual({
      title: 0,
      count: 0,
      list: 1,
      whole: 1,
    });
    // One transaction is one render.
    expect(
      change(() =>
        board.doc?.transact(() => {
          board.set('title', 'B');
          board.set('title', 'C');
          board.set('count', 2);
        }),
      ),
    ).toEqual({ title: 1, count: 1, list: 0, whole: 1 });
    // The same value again.
    expect(change(() => board.set('title', 'C'))).toEqual({
      title: 0,
      count: 0,
      list: 0,
      whole: 0,
    });
    expect(page.container.textContent).toBe('C2a,b');
    expect(updates.size).toBe(1);
  });

  it('shows another selection when the selector asks for another', async () => {
    const { somebody } = await serve();
    const other = await somebody('board');
    other.doc.getMap('board').set('a', 1);
    other.doc.getMap('board').set('b', 2);
    function One({ name }: { readonly name: string }) {
      const [value] = useMap('board', (board: Record<string, number>) => board[name]);
      return <p>{value}</p>;
    }
    const app = (name: string) => (
      <SynclineProvider provider={other}>
        <One name={name} />
      </SynclineProvider>
    );
    const page = render(app('a'));
    expect(page.container.textContent).toBe('1');
    page.rerender(app('b'));
    expect(page.container.textContent).toBe('2');
  });

  it('takes a map that is in another one', async () => {
    const { somebody } = await serve();
    const other = await somebody('board');
    const inner = new Y.Map<unknown>();
    other.doc.getMap('board').set('inner', inner);
    let update: UpdateMap<{ n?: number }> | undefined;
    function Inner() {
      const [n, updateInner] = useMap(inner, (map: { n?: number }) => map.n);
      update = updateInner;
      return <p>{n}</p>;
    }
    const page = render(
      <SynclineProvider provider={other}>
        <Inner />
      </SynclineProvider>,
    );
    act(() =>
      update?.((map) => {
        map.n = 5;
      }),
    );
    expect(page.container.textContent).toBe('5');
    expect(inner.get('n')).toBe(5);
  });

  it('shows one state of the map in all components, also amid a slow transition', async () => {
    const { somebody } = await serve();
    const other = await somebody('board');
    const map = other.doc.getMap<number>('board');
    map.set('n', 0);
    /** What the components of one commit have shown. */
    const shown = new Map<number, number>();
    const commits: number[][] = [];
    let during = 0;
    function Slow({ id, round }: { readonly id: number; readonly round: number }) {
      const [n] = useMap('board', (board: { n: number }) => board.n);
      // So slow that React lets other things happen between two components of a transition.
      const until = performance.now() + 8;
      while (performance.now() < until);
      useEffect(() => {
        shown.set(id, n);
      });
      return <i>{`${round}:${n} `}</i>;
    }
    let go: (round: number) => void = () => {};
    function App() {
      const [round, setRound] = useState(0);
      go = (next) => startTransition(() => setRound(next));
      useEffect(() => {
        commits.push([...shown.values()]);
      });
      return [0, 1, 2, 3, 4, 5].map((id) => <Slow key={id} id={id} round={round} />);
    }
    const page = render(
      <SynclineProvider provider={other}>
        <App />
      </SynclineProvider>,
    );
    const environment = globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean | undefined };
    const before = environment.IS_REACT_ACT_ENVIRONMENT;
    // Act would do it all in one go.
    environment.IS_REACT_ACT_ENVIRONMENT = false;
    const html: string[] = [];
    const observer = new MutationObserver(() => html.push(page.container.textContent ?? ''));
    observer.observe(page.container, { childList: true, subtree: true, characterData: true });
    for (let round = 1; round <= 3; round++) {
      go(round);
      // While it renders, in slices.
      for (let i = 0; i < 3; i++) {
        await new Promise((resolve) => setTimeout(resolve, 9));
        if (!(page.container.textContent ?? '').startsWith(`${round}:`)) during++;
        map.set('n', (map.get('n') ?? 0) + 1);
      }
      await eventually(() => {
        expect(page.container.textContent).toBe(`${round}:${map.get('n')} `.repeat(6));
      });
    }
    observer.disconnect();
    environment.IS_REACT_ACT_ENVIRONMENT = before;
    // The map did change amid a transition.
    expect(during).toBeGreaterThan(3);
    for (const values of commits) expect(new Set(values).size).toBe(1);
    for (const text of html) {
      expect(new Set(text.trim().split(' ')).size, text).toBe(1);
    }
    expect(html.length).toBeGreaterThan(3);
  });
});
