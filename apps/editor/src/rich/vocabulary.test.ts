import { getSchema } from '@tiptap/core';
import { StarterKit } from '@tiptap/starter-kit';
import { initProseMirrorDoc, prosemirrorJSONToYXmlFragment } from '@tiptap/y-tiptap';
import { beforeEach, describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { mend } from './mend.ts';
import { Vocabulary } from './vocabulary.ts';

const SCHEMA = getSchema([StarterKit.configure({ undoRedo: false })]);

type Content = Y.XmlElement | Y.XmlText;

function element(name: string, attributes: object = {}, ...content: Content[]): Y.XmlElement {
  const made = new Y.XmlElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value as string);
  made.insert(0, content);
  return made;
}

function text(insert: unknown, attributes: object = {}): Y.XmlText {
  const made = new Y.XmlText();
  made.applyDelta([{ insert, attributes }]);
  return made;
}

const paragraph = (...content: Content[]) => element('paragraph', {}, ...content);
const item = (...content: Content[]) => element('listItem', {}, ...content);

let doc: Y.Doc;
let root: Y.XmlFragment;
let vocabulary: Vocabulary;
beforeEach(() => {
  doc = new Y.Doc();
  root = doc.getXmlFragment('default');
  vocabulary = new Vocabulary(SCHEMA);
  vocabulary.watch(root);
});

const isKnown = (...content: Content[]) => {
  root.insert(0, content);
  return vocabulary.isKnown(root);
};

describe('the vocabulary of a schema', () => {
  it('knows all that its editor writes', () => {
    const mark = (...types: string[]) => types.map((type) => ({ type }));
    const link = { type: 'link', attrs: { href: 'https://example.org', target: null } };
    const words = { type: 'text', text: 'words', marks: [...mark('bold', 'italic'), link] };
    const line = { type: 'paragraph', content: [words, { type: 'hardBreak' }, words] };
    const list = {
      type: 'listItem',
      content: [line, { type: 'bulletList', content: [] as object[] }],
    };
    list.content[1] = { type: 'bulletList', content: [{ type: 'listItem', content: [line] }] };
    const content = [
      { type: 'heading', attrs: { level: 2 }, content: [words] },
      line,
      { type: 'orderedList', attrs: { start: 3 }, content: [list] },
      { type: 'blockquote', content: [line] },
      { type: 'codeBlock', attrs: { language: 'ts' }, content: [{ type: 'text', text: 'x' }] },
      { type: 'horizontalRule' },
      { type: 'paragraph' },
    ];
    prosemirrorJSONToYXmlFragment(SCHEMA, { type: 'doc', content }, root);
    expect(root.length).toBe(7);
    expect(vocabulary.isKnown(root)).toBe(true);
  });

  it('is at home in an empty document', () => {
    expect(vocabulary.isKnown(root)).toBe(true);
  });

  it.each([
    ['a node', element('table')],
    ['a node in another', element('blockquote', {}, paragraph(), element('image', { src: '/x' }))],
    ['an inline node', paragraph(text('see '), element('mention', { id: '1' }))],
    ['a name of JavaScript', element('constructor')],
    ['an attribute', element('paragraph', { textAlign: 'center' }, text('x'))],
    ['an attribute that is no plain value', element('heading', { level: { deep: 1 } })],
    ['a mark', paragraph(text('x', { textStyle: { color: 'red' } }))],
    ['an attribute of a mark', paragraph(text('x', { bold: { weight: 900 } }))],
    ['a mark that is not allowed there', element('codeBlock', {}, text('x', { bold: {} }))],
    ['an embed', paragraph(text({ image: '/x' }))],
    ['text beside paragraphs', text('x')],
    ['a node where it does not belong', item(paragraph())],
    ['a document in the document', element('doc', {}, paragraph())],
    ['a hook', new Y.XmlHook('x') as unknown as Y.XmlElement],
  ])('does not know %s', (_, content) => {
    expect(isKnown(paragraph(text('known')))).toBe(true);
    expect(isKnown(content)).toBe(false);
    root.delete(0, 1);
    expect(vocabulary.isKnown(root)).toBe(true);
  });

  it('does not know attributes of a text, or what is under the same name as another type', () => {
    const words = text('x');
    expect(isKnown(paragraph(words))).toBe(true);
    words.setAttribute('dir', 'rtl');
    expect(vocabulary.isKnown(root)).toBe(false);
    words.removeAttribute('dir');
    expect(vocabulary.isKnown(root)).toBe(true);
    const other = new Y.Doc();
    other.getArray('default').insert(0, [1]);
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(other));
    expect(vocabulary.isKnown(root)).toBe(false);
  });

  it('does not know a map under the same name', () => {
    const other = new Y.Doc();
    other.getMap('default').set('x', 1);
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(other));
    expect(vocabulary.isKnown(root)).toBe(false);
  });

  it('does not know what would overflow a stack', () => {
    let inner = element('blockquote');
    expect(isKnown(inner)).toBe(true);
    doc.transact(() => {
      for (let depth = 0; depth < 3_000; depth++) {
        const next = element('blockquote');
        inner.insert(0, [next]);
        inner = next;
      }
      inner.insert(0, [paragraph()]);
    });
    expect(vocabulary.isKnown(root)).toBe(false);
  });

  it('takes formats of other editors for marks: true, and null for none', () => {
    expect(isKnown(paragraph(text('x', { bold: true })))).toBe(true);
    expect(isKnown(element('paragraph', { textAlign: null }))).toBe(true);
  });
});

describe('mending', () => {
  /** Two people do something at the same time; what is made of both. */
  function together(content: Content, ...edits: ((root: Y.XmlFragment) => void)[]): string {
    root.insert(0, [content]);
    const others = edits.map((edit) => {
      const other = new Y.Doc();
      Y.applyUpdate(other, Y.encodeStateAsUpdate(doc));
      edit(other.getXmlFragment('default'));
      return Y.encodeStateAsUpdate(other);
    });
    doc.transact((transaction) => {
      for (const update of others) Y.applyUpdate(doc, update);
      transaction.local = true;
      expect(vocabulary.isKnown(root)).toBe(true);
      expect(mend(transaction, root, vocabulary)).toBe(true);
    });
    // Nothing is left that the binding would delete.
    const before = root.toString();
    initProseMirrorDoc(root, SCHEMA);
    expect(root.toString()).toBe(before);
    return before;
  }
  const first = (fragment: Y.XmlFragment) => fragment.get(0) as Y.XmlElement;

  it('takes away a list whose items two people deleted, and what held nothing else', () => {
    const list = element('bulletList', {}, item(paragraph(text('1'))), item(paragraph(text('2'))));
    const edits = [0, 1].map(
      (at) => (root: Y.XmlFragment) => (first(root).get(0) as Y.XmlElement).delete(at, 1),
    );
    expect(together(element('blockquote', {}, list), ...edits)).toBe('');
  });

  it('keeps the text of an item that lost its first paragraph', () => {
    const nested = element('bulletList', {}, item(paragraph(text('nested'))));
    const list = element('orderedList', { start: 2 }, item(paragraph(text('gone')), nested));
    const xml = together(list, (root) => (first(root).get(0) as Y.XmlElement).delete(0, 1));
    const content =
      '<paragraph></paragraph><bulletlist><listitem><paragraph>nested</paragraph></listitem></bulletlist>';
    expect(xml).toBe(`<orderedlist start="2"><listitem>${content}</listitem></orderedlist>`);
  });
});
