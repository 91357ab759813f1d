// @vitest-environment happy-dom
import { afterEach, describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { bindText } from '../src/index.ts';
import { Random, seeds, syncAll } from './random.ts';
import { type } from './text-field.ts';

type Kind = 'textarea' | 'input';

interface Replica {
  readonly doc: Y.Doc;
  readonly text: Y.Text;
  readonly field: HTMLTextAreaElement;
  readonly inbox: Uint8Array[];
  isComposing: boolean;
}

afterEach(() => {
  document.body.replaceChildren();
});

function replicas(kind: Kind): Replica[] {
  const all = Array.from({ length: 3 }, (_, i): Replica => {
    const doc = new Y.Doc();
    doc.clientID = i + 1;
    const text = doc.getText('text');
    const field = document.createElement(kind) as HTMLTextAreaElement;
    document.body.append(field);
    bindText(text, field);
    return { doc, text, field, inbox: [], isComposing: false };
  });
  for (const replica of all) {
    replica.doc.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin === 'network') return;
      for (const other of all) if (other !== replica) other.inbox.push(update);
    });
  }
  return all;
}

/** What a field shows of a text. */
const shown = (content: string, kind: Kind): string =>
  content.replaceAll(/\r\n?|\n/g, kind === 'textarea' ? '\n' : '');

/** Where the user is, between characters that are all different; line ends are no help. */
interface Place {
  readonly left: readonly string[];
  readonly right: readonly string[];
}

function placeIn(value: string, at: number): Place {
  return { left: Array.from(value.slice(0, at)), right: Array.from(value.slice(at)) };
}

/** The user is still between the same neighbours, or the next ones that are left. */
function checkPlace(
  value: string,
  at: number,
  { left, right }: Place,
  side: 'left' | 'right',
  isExact: boolean,
): void {
  const isLeft = (char: string): boolean => !/[\n\u2028]/.test(char) && value.includes(char);
  const lastLeft = left.findLast(isLeft);
  const firstRight = right.find(isLeft);
  const min = lastLeft === undefined ? 0 : value.indexOf(lastLeft) + lastLeft.length;
  const max = firstRight === undefined ? value.length : value.indexOf(firstRight);
  expect(at).toBeGreaterThanOrEqual(min);
  expect(at).toBeLessThanOrEqual(max);
  // Where a line end is hidden, others write before or after it.
  if (!isExact) return;
  if (side === 'left' && lastLeft !== undefined && lastLeft === left.at(-1)) expect(at).toBe(min);
  if (side === 'right' && firstRight !== undefined && firstRight === right[0]) expect(at).toBe(max);
}

describe.each(['textarea', 'input'] as const)('each %s', (kind) => {
  it.each(seeds(20))('and its text converge, and users stay where they are: seed %i', (seed) => {
    const random = new Random(seed);
    const all = replicas(kind);
    // Each character is another one, of one unit or of two; but for line ends.
    let next = 0;
    const characters = (count: number, lineEnds: readonly string[] = ['\n']) =>
      Array.from({ length: count }, () =>
        random.isOnce(5)
          ? random.of(lineEnds)
          : String.fromCodePoint((random.isOnce(3) ? 0x1f300 : 0x4e00) + next++),
      ).join('');
    const boundary = (value: string): number => {
      const characters = Array.from(value);
      return characters.slice(0, random.below(characters.length + 1)).join('').length;
    };

    const write = (replica: Replica): void => {
      const { field, isComposing } = replica;
      const [a, b] = [boundary(field.value), random.isOnce(3) ? boundary(field.value) : undefined];
      // A composition replaces what it put in before; elsewhere nothing is typed meanwhile.
      const [start, end] = isComposing ? composed : [Math.min(a, b ?? a), Math.max(a, b ?? a)];
      field.setSelectionRange(start, end);
      const inserted = shown(characters(random.below(4)), kind);
      const expected = field.value.slice(0, start) + inserted + field.value.slice(end);
      type(field, inserted);
      // What is typed is there, and the caret is behind it.
      expect(field.value).toBe(expected);
      if (!isComposing) expect(field.selectionStart).toBe(start + inserted.length);
      if (isComposing) composed = [start, start + inserted.length];
    };
    /** What other code does, which knows line ends of all kinds. */
    const writeElsewhere = ({ text }: Replica): void => {
      const content = text.toString();
      const at = boundary(content);
      if (random.isOnce(3) && at < content.length) {
        text.delete(at, String.fromCodePoint(content.codePointAt(at) as number).length);
      } else text.insert(at, characters(3, ['\r\n', '\r\n', '\r', '\n', '\u2028']));
    };
    const receive = ({ doc, field, inbox, isComposing }: Replica, hasFocus: boolean): void => {
      const [a, b] = [boundary(field.value), boundary(field.value)];
      if (!isComposing) field.setSelectionRange(Math.min(a, b), Math.max(a, b), 'backward');
      const value = field.value;
      const [start, end] = [field.selectionStart, field.selectionEnd];
      while (inbox.length > 0 && !random.isOnce(4)) {
        const [update] = inbox.splice(random.below(inbox.length), 1);
        Y.applyUpdate(doc, update as Uint8Array, 'network');
      }
      if (isComposing) {
        expect(field.value).toBe(value);
        return;
      }
      if (!hasFocus) return;
      const places = [placeIn(value, start), placeIn(value, end)] as const;
      if (start === end)
        checkPlace(field.value, field.selectionStart, places[0], 'left', kind === 'textarea');
      else if (field.selectionStart < field.selectionEnd) {
        checkPlace(field.value, field.selectionStart, places[0], 'right', kind === 'textarea');
        checkPlace(field.value, field.selectionEnd, places[1], 'left', kind === 'textarea');
      }
      if (start !== end) expect(field.selectionDirection).toBe('backward');
    };

    const endComposition = (replica: Replica): void => {
      replica.isComposing = false;
      replica.field.dispatchEvent(new Event('compositionend'));
    };
    let composed: [number, number] = [0, 0];
    let focused = random.of(all);
    focused.field.focus();
    for (let step = 0; step < 80; step++) {
      if (random.isOnce(10)) {
        // As browsers do before the focus is elsewhere.
        if (focused.isComposing) endComposition(focused);
        focused = random.of(all);
        focused.field.focus();
      }
      const replica = random.isOnce(3) ? random.of(all) : focused;
      if (replica === focused && random.isOnce(5)) {
        if (replica.isComposing) endComposition(replica);
        else {
          replica.isComposing = true;
          composed = [replica.field.selectionStart, replica.field.selectionEnd];
          replica.field.dispatchEvent(new Event('compositionstart'));
        }
      } else if (random.isOnce(4)) writeElsewhere(replica);
      else if (random.isOnce(2)) write(replica);
      else receive(replica, replica === focused);
      if (!replica.isComposing)
        expect(replica.field.value).toBe(shown(replica.text.toString(), kind));
    }
    for (const replica of all) {
      if (replica.isComposing) endComposition(replica);
    }
    for (const { doc, inbox } of all) {
      for (const update of inbox) Y.applyUpdate(doc, update, 'network');
    }
    syncAll(all.map(({ doc }) => doc));
    const [first] = all as [Replica];
    for (const { field, text } of all) {
      expect(field.value).toBe(first.field.value);
      expect(shown(text.toString(), kind)).toBe(field.value);
      expect(text.toString()).toBe(first.text.toString());
      expect(field.value).not.toContain('\ufffd');
    }
  });
});
