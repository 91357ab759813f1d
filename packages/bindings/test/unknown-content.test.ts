// @vitest-environment happy-dom
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import * as Y from 'yjs';
import { bindMap, bindText, writeText } from '../src/index.ts';
import { bound, remotely, type } from './text-field.ts';

// oxlint-disable-next-line typescript/no-explicit-any
type Data = Record<string, any>;

/** A text in which there is whatever a text can hold, with formats. */
function richText(text = new Y.Doc().getText('text')): Y.Text {
  text.insert(0, 'one two', { bold: true });
  text.insertEmbed(3, { image: 'cat' });
  text.insertEmbed(0, new Y.Map([['kind', 'mention']]));
  text.format(1, 3, { link: 'https://example.com' });
  return text;
}

/** A root that somebody else takes for an array. */
function alsoArray(): Y.Doc {
  const doc = new Y.Doc();
  doc.getArray('text').insert(0, [1, { a: 1 }, new Uint8Array(2), new Y.Array()]);
  const other = new Y.Doc();
  other.getText('text').insert(0, 'hello');
  Y.applyUpdate(other, Y.encodeStateAsUpdate(doc));
  return other;
}

/** What is no character, in order. */
function rest(text: Y.Text): unknown[] {
  const contents: unknown[] = [];
  for (let item = text._start; item !== null; item = item.right) {
    if (!item.deleted && item.countable && !(item.content instanceof Y.ContentString)) {
      contents.push(...item.content.getContent());
    }
  }
  return contents;
}

describe('a bound field', () => {
  it('changes nothing by being bound, closed or blurred', () => {
    for (const text of [richText(), alsoArray().getText('text')]) {
      const changes = vi.fn();
      text.doc?.on('update', changes);
      for (const kind of ['textarea', 'input'] as const) {
        const field = document.createElement(kind);
        const binding = bindText(text, field);
        for (const event of ['input', 'compositionstart', 'compositionend', 'blur']) {
          field.dispatchEvent(new Event(event));
        }
        binding.close();
      }
      expect(changes).not.toHaveBeenCalled();
    }
  });

  it('leaves embeds and formats as they are when somebody types beside them', () => {
    const text = richText();
    const field = document.createElement('textarea');
    bindText(text, field);
    expect(field.value).toBe('\ufffcone\ufffc two');
    const before = text.toDelta() as object[];
    field.setSelectionRange(field.value.length, field.value.length);
    type(field, '!');
    const after = text.toDelta() as object[];
    expect(after.slice(0, -1)).toEqual(before.slice(0, -1));
    expect(after.at(-1)).toEqual({ insert: ' two!', attributes: { bold: true } });
    remotely(text.doc as Y.Doc, (text) => text.format(0, 3, { italic: true }));
    expect(field.value).toBe('\ufffcone\ufffc two!');
  });

  it('writes around what other code has put into a text as into an array', () => {
    const text = alsoArray().getText('text');
    const contents = rest(text);
    expect(contents).toHaveLength(4);
    const field = document.createElement('textarea');
    bindText(text, field);
    const at = field.value.indexOf('hello');
    expect(field.value.replaceAll('\ufffc', '')).toBe('hello');
    field.setSelectionRange(at + 1, at + 5);
    type(field, 'i');
    expect(text.toString()).toBe('hi');
    expect(rest(text)).toEqual(contents);
    writeText(text, 'hi you');
    expect(rest(text)).toEqual(contents);
    expect(field.value.replaceAll('\ufffc', '')).toBe('hi you');
  });
});

describe('a bound field that fails', () => {
  const broken = () => {
    const made = bound('textarea', 'text');
    const { text, field } = made;
    made.binding.close();
    const onError = vi.fn();
    const binding = bindText(text, field, { onError });
    return { ...made, binding, onError };
  };

  it('writes nothing any more, is read-only, and says so', () => {
    const { doc, text, field, binding, onError } = broken();
    const error = new Error('broken');
    const insert = vi.spyOn(text, 'insert').mockImplementation(() => {
      throw error;
    });
    field.setSelectionRange(4, 4);
    type(field, '1');
    expect(onError.mock.calls).toEqual([[error]]);
    expect(field.readOnly).toBe(true);
    insert.mockRestore();
    type(field, '2');
    remotely(doc, (text) => text.insert(0, '> '));
    field.dispatchEvent(new Event('blur'));
    expect(text.toString()).toBe('> text');
    expect(onError).toHaveBeenCalledTimes(1);
    binding.close();
    expect(field.readOnly).toBe(false);
    expect(text.toString()).toBe('> text');
  });

  it('does so when the change of another one is what it fails at', () => {
    const { doc, text, field, onError } = broken();
    vi.spyOn(field, 'setRangeText').mockImplementation(() => {
      throw new Error('broken');
    });
    remotely(doc, (text) => text.insert(0, '> '));
    expect(onError).toHaveBeenCalledTimes(1);
    expect(field.readOnly).toBe(true);
    field.value = 'old';
    field.dispatchEvent(new Event('input'));
    expect(text.toString()).toBe('> text');
  });

  it('reports it when nobody listens', () => {
    const report = vi.spyOn(console, 'error').mockImplementation(() => {});
    onTestFinished(() => report.mockRestore());
    const { text, field } = bound('textarea', 'text');
    vi.spyOn(text, 'insert').mockImplementation(() => {
      throw new Error('broken');
    });
    type(field, '1');
    expect(report).toHaveBeenCalledTimes(1);
  });

  it('goes on when an observer of somebody else throws', () => {
    const report = vi.spyOn(console, 'error').mockImplementation(() => {});
    onTestFinished(() => report.mockRestore());
    const { text, field, onError } = broken();
    text.observe(() => {
      throw new Error('not ours');
    });
    field.setSelectionRange(4, 4);
    type(field, '1');
    type(field, '2');
    expect(text.toString()).toBe('text12');
    expect(report).toHaveBeenCalledTimes(2);
    expect(onError).not.toHaveBeenCalled();
  });

  it('ends when the text is deleted, and leaves a field of the application as it was', () => {
    for (const readOnly of [false, true]) {
      const doc = new Y.Doc();
      const map = doc.getMap<Y.Text>('map');
      const text = map.set('note', new Y.Text('text'));
      const field = document.createElement('textarea');
      field.readOnly = readOnly;
      const onError = vi.fn();
      const binding = bindText(text, field, { onError });
      map.delete('note');
      expect(onError).toHaveBeenCalledTimes(1);
      expect([field.value, field.readOnly]).toEqual(['text', true]);
      type(field, '!');
      binding.close();
      expect(field.readOnly).toBe(readOnly);
      const late = bindText(text, field, { onError });
      expect(onError).toHaveBeenCalledTimes(2);
      expect(field.readOnly).toBe(true);
      late.close();
    }
  });
});

describe('a view of a map', () => {
  function odd() {
    const doc = new Y.Doc();
    const map = doc.getMap<unknown>('map');
    const xml = new Y.XmlFragment();
    map.set('xml', xml);
    xml.insert(0, [new Y.XmlElement('p')]);
    map.set('note', richText(new Y.Text()));
    // oxlint-disable-next-line typescript/no-explicit-any
    map.set('list', Y.Array.from<any>([new Y.Text('abc'), 1, new Y.XmlText('q'), new Y.Map()]));
    map.set('sub', new Y.Doc());
    map.set('nothing', undefined);
    map.set('big', 5n);
    map.set('bytes', new Uint8Array([1]));
    map.set(
      'record',
      new Y.Map<unknown>([
        ['xml', new Y.XmlElement('b')],
        ['x', 1],
      ]),
    );
    return { doc, map, view: bindMap<Data>(map), xml };
  }

  it('changes nothing by being bound and read, nor when what it shows is written back', () => {
    const { doc, view } = odd();
    const changes = vi.fn();
    doc.on('update', changes);
    view.subscribe(() => {});
    const all = view.get();
    for (const [key, value] of Object.entries(all)) if (value !== undefined) view.set(key, value);
    view.update((draft) => Object.assign(draft, { ...all }));
    expect(changes).not.toHaveBeenCalled();
  });

  it('leaves alone what it does not know when something beside it changes', () => {
    const { map, view, xml } = odd();
    const before = new Map(map.entries());
    const note = (before.get('note') as Y.Text).toDelta() as unknown;
    view.update((draft) => {
      draft['record'].x = 2;
      draft['list'].push('new');
      draft['more'] = true;
    });
    view.set('record', { ...view.get('record'), x: 3 });
    for (const [key, value] of before) expect(map.get(key)).toBe(value);
    expect((map.get('note') as Y.Text).toDelta()).toEqual(note);
    expect(xml.toString()).toBe('<p></p>');
    expect(view.get('record')).toEqual({ xml: '<b></b>', x: 3 });
    expect(map.has('nothing')).toBe(true);
  });

  it('keeps embeds and formats of a text that is written as a string', () => {
    const { map, view } = odd();
    view.set('note', 'One two');
    const delta = (map.get('note') as Y.Text).toDelta() as { insert: unknown }[];
    expect(delta.filter(({ insert }) => typeof insert !== 'string')).toHaveLength(2);
    expect((map.get('note') as Y.Text).toString()).toBe('One two');
  });

  it('makes no string of XML', () => {
    const { map, view, xml } = odd();
    const list = view.get('list') as unknown[];
    for (const write of [
      () => view.set('xml', '<p>old</p>'),
      () => view.set('record', { xml: 'text', x: 1 }),
      () => view.set('list', [list[0], list[1], 'other', list[3]]),
    ]) {
      expect(write).toThrow(TypeError);
    }
    expect(map.get('xml')).toBe(xml);
    view.delete('xml');
    view.set('xml', 'a string');
    expect(map.get('xml')).toBe('a string');
  });

  it('keeps texts and XML that move in an array', () => {
    const { map, view } = odd();
    const list = map.get('list') as Y.Array<unknown>;
    (list.get(0) as Y.Text).format(0, 2, { bold: true });
    const delta = (list.get(0) as Y.Text).toDelta() as unknown;
    view.update((draft) => {
      draft['list'] = [...draft['list']].toReversed();
    });
    const [record, xml, one, text] = list.toArray();
    expect(record).toBeInstanceOf(Y.Map);
    expect(xml).toBeInstanceOf(Y.XmlText);
    expect(one).toBe(1);
    expect((text as Y.Text).toDelta()).toEqual(delta);
    view.update((draft) => {
      draft['list'].unshift(draft['list'].pop());
    });
    expect((list.get(0) as Y.Text).toDelta()).toEqual(delta);
  });

  it('writes nothing when a subdocument is put elsewhere', () => {
    const { map, view } = odd();
    const sub = map.get('sub');
    expect(() => {
      view.update((draft) => {
        draft['other'] = draft['sub'];
        draft['more'] = 1;
      });
    }).toThrow(TypeError);
    expect(map.get('sub')).toBe(sub);
    expect(map.has('more')).toBe(false);
  });

  it('does not see, nor touch, what others put into its map as into an array', () => {
    const doc = new Y.Doc();
    const map = doc.getMap<unknown>('map');
    const other = new Y.Doc();
    other.getArray('map').insert(0, [1, 2]);
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(other));
    const view = bindMap<Data>(map);
    view.set('a', 1);
    view.delete('a');
    Y.applyUpdate(other, Y.encodeStateAsUpdate(doc));
    expect(other.getArray('map').toArray()).toEqual([1, 2]);
  });
});
