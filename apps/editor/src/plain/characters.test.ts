import { expect, it } from 'vitest';
import * as Y from 'yjs';
import { Characters } from './characters.ts';

it('a text is of characters alone until something else is in it, and again when that is gone', () => {
  const doc = new Y.Doc();
  const text = doc.getText('text');
  const characters = new Characters(text);
  expect(characters.areAll).toBe(true);
  text.insert(0, 'bold 😀', { bold: true });
  text.format(0, 2, { italic: true });
  text.delete(1, 2);
  expect(characters.areAll).toBe(true);
  // As long as before.
  doc.transact(() => {
    text.delete(0, 1);
    text.insertEmbed(0, { image: '/a.png' });
  });
  expect(characters.areAll).toBe(false);
  text.insert(0, 'x');
  expect(characters.areAll).toBe(false);
  text.delete(1, 1);
  expect(characters.areAll).toBe(true);
  text.setAttribute('dir', 'rtl');
  expect(characters.areAll).toBe(false);
  text.removeAttribute('dir');
  expect(characters.areAll).toBe(true);
  const other = new Y.Doc();
  other.getArray('text').insert(0, [1, 2]);
  Y.applyUpdate(doc, Y.encodeStateAsUpdate(other));
  expect(characters.areAll).toBe(false);
});
