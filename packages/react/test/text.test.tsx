import './page.ts';
import { createRequire } from 'node:module';
import type { AnyType } from '@syncline/bindings';
import { act, render } from '@testing-library/react';
import { StrictMode } from 'react';
import { describe, expect, it, vi } from 'vitest';
import * as Y from 'yjs';
import {
  type SharedText,
  SynclineProvider,
  type UndoControls,
  useDocument,
  useMap,
  useText,
  useUndo,
} from '../src/index.ts';
import { eventually, serve, watchConsole } from './harness.ts';

/** As a person does at the end of the field. */
function type(field: HTMLTextAreaElement, text: string): void {
  act(() => {
    field.focus();
    field.value += text;
    field.setSelectionRange(field.value.length, field.value.length);
    field.dispatchEvent(new InputEvent('input', { bubbles: true, data: text }));
  });
}

const fieldOf = (container: HTMLElement) =>
  container.querySelector('textarea') as HTMLTextAreaElement;

describe('useText', () => {
  it('binds a field, and says what the text is', async () => {
    watchConsole();
    const { url, somebody } = await serve();
    const other = await somebody('notes');
    const text = other.doc.getText('text');
    text.insert(0, 'Hello');
    function Field() {
      const { value, ref } = useText('text');
      return (
        <>
          <textarea ref={ref} />
          <p>{value.length}</p>
        </>
      );
    }
    const page = render(
      <StrictMode>
        <SynclineProvider url={url} documentId="notes">
          <Field />
        </SynclineProvider>
      </StrictMode>,
    );
    const field = fieldOf(page.container);
    await eventually(() => expect(field.value).toBe('Hello'));
    type(field, ', you');
    await eventually(() => expect(text.toString()).toBe('Hello, you'));
    expect(page.container.querySelector('p')?.textContent).toBe('10');
    text.insert(0, '> ');
    await eventually(() => expect(field.value).toBe('> Hello, you'));
    expect(fieldOf(page.container)).toBe(field);
  });

  it('can be set, and what others write elsewhere stays', async () => {
    const { url, somebody } = await serve();
    const other = await somebody('notes');
    const text = other.doc.getText('text');
    text.insert(0, 'one two');
    let shared: SharedText | undefined;
    let doc: Y.Doc | undefined;
    const sets = new Set<unknown>();
    function Controlled() {
      shared = useText('text');
      sets.add(shared.set);
      ({ doc } = useDocument());
      return <p>{shared.value}</p>;
    }
    const page = render(
      <SynclineProvider url={url} documentId="notes">
        <Controlled />
      </SynclineProvider>,
    );
    await eventually(() => expect(page.container.textContent).toBe('one two'));
    const deltas: unknown[] = [];
    doc?.getText('text').observe(({ delta }) => deltas.push(delta));
    act(() => shared?.set('one 2'));
    expect(page.container.textContent).toBe('one 2');
    expect(deltas).toEqual([[{ retain: 4 }, { delete: 3 }, { insert: '2' }]]);
    await eventually(() => expect(text.toString()).toBe('one 2'));
    expect(sets.size).toBe(1);
  });

  it('leaves line ends of other kinds as they are, in a field and by set', async () => {
    const { somebody } = await serve();
    const other = await somebody('notes');
    const text = other.doc.getText('text');
    text.insert(0, '1\r\n2');
    let shared: SharedText | undefined;
    function Fields() {
      shared = useText('text');
      const { value, set, ref } = shared;
      return (
        <>
          <textarea ref={ref} />
          <textarea value={value} onChange={({ target }) => set(target.value)} />
        </>
      );
    }
    const page = render(
      <StrictMode>
        <SynclineProvider provider={other}>
          <Fields />
        </SynclineProvider>
      </StrictMode>,
    );
    expect(text.toString()).toBe('1\r\n2');
    type(fieldOf(page.container), '3');
    expect(text.toString()).toBe('1\r\n23');
    expect(shared?.value).toBe('1\n23');
    act(() => shared?.set('0\n1\n23'));
    expect(text.toString()).toBe('0\n1\r\n23');
    const values = [...page.container.querySelectorAll('textarea')].map(({ value }) => value);
    expect(values).toEqual(['0\n1\n23', '0\n1\n23']);
  });

  it('says when a field is in step with its text no more', async () => {
    const { somebody } = await serve();
    const other = await somebody('notes');
    const map = other.doc.getMap<Y.Text>('map');
    const note = map.set('note', new Y.Text('text'));
    const errors: unknown[] = [];
    function Field({ name }: { readonly name: string }) {
      const { ref } = useText(note, { onError: () => errors.push(name) });
      return <textarea ref={ref} />;
    }
    const app = (name: string) => (
      <SynclineProvider provider={other}>
        <Field name={name} />
      </SynclineProvider>
    );
    const page = render(app('a'));
    const field = fieldOf(page.container);
    page.rerender(app('b'));
    act(() => map.delete('note'));
    expect(errors).toEqual(['b']);
    expect(field.readOnly).toBe(true);
    expect(field.value).toBe('text');
  });

  it('refuses types of another copy of Yjs, by name', async () => {
    const { somebody } = await serve();
    const other = await somebody('notes');
    const require = createRequire(import.meta.url);
    const path = require.resolve('yjs/package.json').replace('package.json', 'dist/yjs.cjs');
    const foreign = new (require(path) as typeof Y).Doc();
    const refused = /another copy of Yjs/;
    for (const Hooked of [
      () => <p>{useText(foreign.getText('text')).value}</p>,
      () => <p>{Object.keys(useMap(foreign.getMap('map'))[0])}</p>,
      () => <p>{String(useUndo(foreign.getMap('map')).canUndo)}</p>,
    ]) {
      const report = vi.spyOn(console, 'error').mockImplementation(() => {});
      const app = (
        <SynclineProvider provider={other}>
          <Hooked />
        </SynclineProvider>
      );
      expect(() => render(app)).toThrow(refused);
      report.mockRestore();
    }
  });

  it('binds the field to another text when that is asked for', async () => {
    const { somebody } = await serve();
    const other = await somebody('notes');
    other.doc.getText('a').insert(0, 'A');
    other.doc.getText('b').insert(0, 'B');
    function Field({ name }: { readonly name: string }) {
      return <textarea ref={useText(name).ref} />;
    }
    const app = (name: string) => (
      <StrictMode>
        <SynclineProvider provider={other}>
          <Field name={name} />
        </SynclineProvider>
      </StrictMode>
    );
    const page = render(app('a'));
    const field = fieldOf(page.container);
    expect(field.value).toBe('A');
    page.rerender(app('b'));
    expect(field.value).toBe('B');
    type(field, '!');
    expect(other.doc.getText('a').toString()).toBe('A');
    expect(other.doc.getText('b').toString()).toBe('B!');
    page.unmount();
    other.doc.getText('b').insert(0, 'x');
    expect(field.value).toBe('B!');
  });

  it('lets the field undo with the undo of the application', async () => {
    const { somebody } = await serve();
    const other = await somebody('notes');
    const { doc } = other;
    const map = doc.getMap('map');
    let controls: UndoControls | undefined;
    function Field() {
      controls = useUndo([doc.getText('text'), map], { joinMs: 0 });
      return <textarea ref={useText('text', { undo: controls }).ref} />;
    }
    const page = render(
      <StrictMode>
        <SynclineProvider provider={other}>
          <Field />
        </SynclineProvider>
      </StrictMode>,
    );
    const field = fieldOf(page.container);
    type(field, 'a');
    act(() => void map.set('x', 1));
    const undo = () =>
      act(() => {
        const init = { key: 'z', ctrlKey: true, bubbles: true, cancelable: true };
        field.dispatchEvent(new KeyboardEvent('keydown', init));
      });
    undo();
    expect(map.has('x')).toBe(false);
    expect(field.value).toBe('a');
    undo();
    expect(field.value).toBe('');
    act(() => {
      controls?.redo();
    });
    expect(field.value).toBe('a');
  });
});

describe('useUndo', () => {
  it("undoes one's own edits alone", async () => {
    watchConsole();
    const { url, somebody } = await serve();
    const other = await somebody('board');
    let undo: UndoControls | undefined;
    let write: (key: string) => void = () => {};
    function App() {
      const { doc } = useDocument();
      undo = useUndo(doc.getMap('board'));
      const [board, update] = useMap<Record<string, string>>('board');
      write = (key) =>
        update((draft) => {
          draft[key] = 'me';
        });
      return <p>{`${Object.keys(board).sort().join('+')} ${undo.canUndo} ${undo.canRedo}`}</p>;
    }
    const page = render(
      <StrictMode>
        <SynclineProvider url={url} documentId="board">
          <App />
        </SynclineProvider>
      </StrictMode>,
    );
    const text = () => page.container.textContent;
    expect(text()).toBe(' false false');
    act(() => write('mine'));
    expect(text()).toBe('mine true false');
    other.doc.getMap('board').set('theirs', 'them');
    await eventually(() => expect(text()).toBe('mine+theirs true false'));
    act(() => expect(undo?.undo()).toBe(true));
    expect(text()).toBe('theirs false true');
    act(() => expect(undo?.undo()).toBe(false));
    act(() => expect(undo?.redo()).toBe(true));
    expect(text()).toBe('mine+theirs true false');
    act(() => undo?.clear());
    expect(text()).toBe('mine+theirs false false');
  });

  it('begins once for an array of the same types, and ends when it is gone', () => {
    const doc = new Y.Doc();
    const [one, two, three] = [doc.getMap('one'), doc.getMap('two'), doc.getMap('three')];
    const made = new Set<unknown>();
    let undo: UndoControls | undefined;
    function App({ types }: { readonly types: readonly AnyType[] }) {
      undo = useUndo(types);
      if (undo.steps !== undefined) made.add(undo.steps);
      return null;
    }
    const page = render(<App types={[one, two]} />);
    act(() => void one.set('a', 1));
    page.rerender(<App types={[one, two]} />);
    expect(undo?.canUndo).toBe(true);
    expect(made.size).toBe(1);

    page.rerender(<App types={[two, three]} />);
    expect(undo?.canUndo).toBe(false);
    expect(made.size).toBe(2);
    const last = undo;
    page.unmount();
    act(() => void two.set('a', 1));
    expect(last?.undo()).toBe(false);
    expect(two.get('a')).toBe(1);
  });
});
