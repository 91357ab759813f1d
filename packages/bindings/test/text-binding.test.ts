// @vitest-environment happy-dom
import { describe, expect, it, vi } from 'vitest';
import * as Y from 'yjs';
import { bindText, createUndo } from '../src/index.ts';
import { bound, remotely, type } from './text-field.ts';

const selectionOf = (field: HTMLTextAreaElement) => [
  field.selectionStart,
  field.selectionEnd,
  field.selectionDirection,
];

describe.each(['textarea', 'input'] as const)('a bound %s', (kind) => {
  it('shows the text, and brings what is typed as the smallest edit', () => {
    const { text, field } = bound(kind, 'hello world');
    expect(field.value).toBe('hello world');
    const deltas: unknown[] = [];
    text.observe(({ delta }) => deltas.push(delta));
    field.setSelectionRange(5, 5);
    type(field, ',');
    field.setSelectionRange(7, 12);
    type(field, 'wild');
    expect(text.toString()).toBe('hello, wild');
    expect(deltas[0]).toEqual([{ retain: 5 }, { insert: ',' }]);
    expect(deltas).toHaveLength(2);
    expect(selectionOf(field).slice(0, 2)).toEqual([11, 11]);
  });

  it('brings a letter in a run of equal ones to where the caret is', () => {
    const { doc, text, field } = bound(kind, 'aaaa');
    const other = new Y.Doc();
    Y.applyUpdate(other, Y.encodeStateAsUpdate(doc));
    field.setSelectionRange(2, 2);
    type(field, 'a');
    other.getText('text').insert(2, '|');
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(other), 'network');
    // Beside what the other typed at the very same place.
    expect(['aa|aaa', 'aaa|aa']).toContain(text.toString());
    expect(field.value).toBe(text.toString());
    expect(field.selectionStart).toBe(text.toString().indexOf('|') === 2 ? 4 : 3);
  });

  it('keeps the selection, and its direction, when others write', () => {
    const { doc, field } = bound(kind, 'hello world');
    field.setSelectionRange(6, 11, 'backward');
    remotely(doc, (text) => {
      text.insert(11, '!');
      text.insert(6, 'big ');
      text.insert(0, '> ');
    });
    expect(field.value).toBe('> hello big world!');
    expect(selectionOf(field)).toEqual([12, 17, 'backward']);
    remotely(doc, (text) => text.delete(4, 10));
    expect(field.value).toBe('> herld!');
    expect(selectionOf(field)).toEqual([4, 7, 'backward']);
  });

  it('leaves the caret behind what the user wrote when others write there', () => {
    const { doc, field } = bound(kind, 'ab');
    field.setSelectionRange(1, 1);
    remotely(doc, (text) => text.insert(1, 'XY'));
    expect(field.value).toBe('aXYb');
    expect(selectionOf(field).slice(0, 2)).toEqual([1, 1]);
  });

  it('sends nothing during a composition, and merges at its end', () => {
    const { doc, text, field } = bound(kind, 'one two');
    field.setSelectionRange(4, 7);
    field.dispatchEvent(new Event('compositionstart'));
    type(field, 'に');
    expect(text.toString()).toBe('one two');
    remotely(doc, (text) => {
      text.insert(7, '!');
      text.insert(5, '-');
      text.insert(0, '> ');
    });
    expect(field.value).toBe('one に');
    field.setSelectionRange(4, 5);
    type(field, '日本');
    field.dispatchEvent(new Event('compositionend'));
    expect(text.toString()).toBe('> one 日本-!');
    expect(field.value).toBe('> one 日本-!');
    expect(selectionOf(field).slice(0, 2)).toEqual([8, 8]);
  });

  it('leaves the caret where it is when a composition is given up', () => {
    const { doc, field } = bound(kind, 'ab');
    field.setSelectionRange(1, 1);
    field.dispatchEvent(new Event('compositionstart'));
    remotely(doc, (text) => text.insert(0, '😀'));
    field.dispatchEvent(new Event('compositionend'));
    expect(field.value).toBe('😀ab');
    expect(selectionOf(field).slice(0, 2)).toEqual([3, 3]);
  });

  it('waits for the second half of a surrogate pair', () => {
    const { doc, text, field } = bound(kind, 'ab');
    field.setSelectionRange(1, 1);
    type(field, '\ud83d');
    remotely(doc, (text) => text.insert(2, 'c'));
    expect(text.toString()).toBe('abc');
    type(field, '\ude00');
    expect(text.toString()).toBe('a😀bc');
    expect(field.value).toBe('a😀bc');
    type(field, '\ud83d');
    field.dispatchEvent(new Event('blur'));
    expect(text.toString()).toBe('a😀\ufffdbc');
    expect(field.value).toBe(text.toString());
  });

  it('undoes own edits alone, by keys and by the menu', () => {
    const { doc, text, field, binding } = bound(kind, 'start');
    field.setSelectionRange(5, 5);
    type(field, ' mine');
    remotely(doc, (text) => text.insert(0, 'theirs '));
    const key = (init: KeyboardEventInit) => {
      const event = new KeyboardEvent('keydown', { cancelable: true, ...init });
      field.dispatchEvent(event);
      return event.defaultPrevented;
    };
    expect(key({ key: 'z', ctrlKey: true })).toBe(true);
    expect(field.value).toBe('theirs start');
    expect(selectionOf(field).slice(0, 2)).toEqual([12, 12]);
    expect(key({ key: 'Z', metaKey: true, shiftKey: true })).toBe(true);
    expect(field.value).toBe('theirs start mine');
    const menu = new InputEvent('beforeinput', { inputType: 'historyUndo', cancelable: true });
    field.dispatchEvent(menu);
    expect(menu.defaultPrevented).toBe(true);
    expect(field.value).toBe('theirs start');
    key({ key: 'y', ctrlKey: true });
    expect(text.toString()).toBe('theirs start mine');
    field.readOnly = true;
    expect(key({ key: 'z', ctrlKey: true })).toBe(false);
    expect(key({ key: 'z' })).toBe(false);
    expect(binding.undo?.canUndo).toBe(true);
  });

  it('takes an undo of the application, and does not close it', () => {
    const { doc, text } = bound(kind);
    const undo = createUndo(text);
    const field = document.createElement(kind) as HTMLTextAreaElement;
    const binding = bindText(text, field, { undo });
    type(field, 'typed');
    binding.close();
    expect(undo.undo()).toBe(true);
    expect(doc.getText('text').toString()).toBe('');
  });

  it('leaves field and text alone when it is closed', () => {
    const { text, field, binding } = bound(kind, 'text');
    field.dispatchEvent(new Event('compositionstart'));
    field.setSelectionRange(4, 4);
    type(field, '!');
    binding.close();
    binding.close();
    expect(text.toString()).toBe('text!');
    type(field, '?');
    expect(text.toString()).toBe('text!');
    text.insert(0, '> ');
    expect(field.value).toBe('text!?');
  });

  it('keeps in step when an observer before it changes the text', () => {
    const doc = new Y.Doc();
    const text = doc.getText('text');
    text.observe(() => {
      if (text.toString().includes('teh')) {
        const at = text.toString().indexOf('teh');
        text.delete(at, 3);
        text.insert(at, 'the!');
      }
    });
    const field = document.createElement(kind) as HTMLTextAreaElement;
    document.body.append(field);
    bindText(text, field);
    field.focus();
    type(field, 'teh');
    expect(text.toString()).toBe('the!');
    expect(field.value).toBe('the!');
    remotely(doc, (text) => text.insert(0, 'teh '));
    expect(field.value).toBe(text.toString());
    type(field, '.');
    expect(field.value).toBe(text.toString());
  });

  it('brings what a script wrote to the field along', () => {
    const { doc, text, field } = bound(kind, 'ab');
    field.value = 'a-b';
    remotely(doc, (text) => text.insert(2, 'c'));
    expect(text.toString()).toBe('a-bc');
    expect(field.value).toBe('a-bc');
  });
});

it('shows \\r\\n as one line end, and edits around it', () => {
  const { doc, text, field } = bound('textarea', 'one\r\ntwo\rthree');
  expect(field.value).toBe('one\ntwo\nthree');
  field.setSelectionRange(7, 7);
  type(field, '!');
  expect(text.toString()).toBe('one\r\ntwo!\rthree');
  remotely(doc, (text) => text.insert(0, '\r\n'));
  expect(field.value).toBe('\none\ntwo!\nthree');
  expect(field.selectionStart).toBe(9);
  field.setSelectionRange(4, 5);
  type(field, '');
  expect(text.toString()).toBe('\r\nonetwo!\rthree');
});

it('does not touch line ends by binding, and types between them', () => {
  const { text, field } = bound('textarea', '1\r\n2');
  expect(text.toString()).toBe('1\r\n2');
  type(field, '3');
  expect(text.toString()).toBe('1\r\n23');
  field.setSelectionRange(2, 2);
  type(field, '\n');
  expect(text.toString()).toBe('1\r\n\n23');
  expect(field.selectionStart).toBe(3);
});

it('shows each line end that is typed beside a lone \\r', () => {
  const { text, field } = bound('textarea', 'a\rbc\nd');
  field.setSelectionRange(2, 2);
  type(field, '\n');
  expect([field.value, field.selectionStart]).toEqual(['a\n\nbc\nd', 3]);
  expect(text.toString()).toBe('a\r\n\nbc\nd');
  field.setSelectionRange(3, 5);
  type(field, '');
  expect([field.value, field.selectionStart]).toEqual(['a\n\n\nd', 3]);
  expect(text.toString()).toBe('a\r\n\n\nd');
});

it('keeps a lone \\r apart from the \\n that comes next to it', () => {
  const { text, field } = bound('textarea', 'a\rb\nc');
  field.setSelectionRange(2, 3);
  type(field, '');
  expect([field.value, field.selectionStart]).toEqual(['a\n\nc', 2]);
  expect(text.toString()).toBe('a\r\n\nc');
});

it.each(['\n', '\r\n', '\r'])('leaves a line end that an input does not show: %j', (lineEnd) => {
  const { text, field } = bound('input', `one${lineEnd}two`);
  field.setSelectionRange(2, 3);
  type(field, '');
  expect(text.toString()).toBe(`on${lineEnd}two`);
  field.setSelectionRange(2, 3);
  type(field, 'T');
  expect(text.toString()).toBe(`on${lineEnd}Two`);
  field.setSelectionRange(1, 3);
  type(field, '');
  expect(text.toString()).toBe('owo');
});

it('shows \\u2028 as the character that it is', () => {
  for (const kind of ['textarea', 'input'] as const) {
    const { text, field } = bound(kind, '1\u20282😀');
    expect(field.value).toBe('1\u20282😀');
    type(field, '3');
    expect(text.toString()).toBe('1\u20282😀3');
  }
});

it('shows the lines of a text as one in an input, and keeps their ends', () => {
  const { text, field } = bound('input', 'one\ntwo');
  expect(field.value).toBe('onetwo');
  field.setSelectionRange(6, 6);
  type(field, '!');
  expect(text.toString()).toBe('one\ntwo!');
});

it('writes around an embed', () => {
  const { doc, text, field } = bound('textarea');
  text.insertEmbed(0, { image: 1 });
  text.insert(1, 'ab');
  expect(field.value).toBe('\ufffcab');
  field.setSelectionRange(2, 2);
  type(field, '-');
  expect(text.toDelta()).toEqual([{ insert: { image: 1 } }, { insert: 'a-b' }]);
  remotely(doc, (text) => text.insertEmbed(2, { image: 2 }));
  expect(field.value).toBe('\ufffca\ufffc-b');
});

it('goes on when other code wrote half a surrogate pair', () => {
  const { text, field } = bound('textarea', 'a\ud83db');
  field.setSelectionRange(3, 3);
  type(field, 'c');
  expect(text.toString()).toBe('a\ufffdbc');
  expect(field.value).toBe('a\ufffdbc');
});

it('loses nothing in a field that cannot show the text', () => {
  const doc = new Y.Doc();
  const text = doc.getText('text');
  text.insert(0, 'ab');
  const field = document.createElement('input');
  field.type = 'number';
  bindText(text, field);
  expect(field.value).not.toBe('ab');
  text.insert(2, 'c');
  field.dispatchEvent(new Event('blur'));
  expect(text.toString()).toBe('abc');
  field.value = '5';
  field.dispatchEvent(new Event('input'));
  expect(text.toString()).toBe('5');
});

it('tells a listener of nothing when nothing changed', () => {
  const { text, field } = bound('textarea', 'text');
  const listener = vi.fn();
  text.observe(listener);
  field.dispatchEvent(new Event('input'));
  field.dispatchEvent(new Event('blur'));
  expect(listener).not.toHaveBeenCalled();
});
