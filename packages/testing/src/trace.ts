import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import type * as Y from 'yjs';

/** `[position, deleted, inserted]`, in UTF-16 code units. */
export type Patch = readonly [number, number, string];

/** An editing session: applied to `startContent`, all patches in order give `endContent`. */
export interface Trace {
  readonly startContent: string;
  readonly endContent: string;
  readonly txns: readonly { readonly patches: readonly Patch[] }[];
}

/** Recorded sessions from josephg/editing-traces (CC BY 4.0), which are kept outside of the repository. */
const TRACES = new URL('../../../../shared/traces/', import.meta.url);

/** A recorded session, or where it is not at hand, a generated one of about the same shape. */
export function loadTrace(name: 'sveltecomponent' | 'rustcode'): Trace {
  const file = fileURLToPath(new URL(`${name}.json.gz`, TRACES));
  if (existsSync(file)) return JSON.parse(gunzipSync(readFileSync(file)).toString()) as Trace;
  return generateTrace(name === 'rustcode' ? 36_000 : 18_000);
}

export function applyPatches(text: Y.Text, patches: readonly Patch[]): void {
  text.doc?.transact(() => {
    for (const [position, deleted, inserted] of patches) {
      if (deleted > 0) text.delete(position, deleted);
      if (inserted !== '') text.insert(position, inserted);
    }
  });
}

/** Somebody types, jumps about, takes back words and pastes lines; the same each time. */
export function generateTrace(length: number): Trace {
  const random = xorshift(length);
  const words = ['const', 'let', '{', '}', '=>', 'naïve', '日本', '😀', 'return', ';', '\n'];
  let content = '';
  let cursor = 0;
  const txns: { patches: Patch[] }[] = [];
  const patch = (position: number, deleted: number, inserted: string) => {
    content = content.slice(0, position) + inserted + content.slice(position + deleted);
    cursor = position + inserted.length;
    txns.push({ patches: [[position, deleted, inserted]] });
  };
  while (txns.length < length) {
    const choice = random(100);
    if (choice < 4) cursor = boundary(content, random(content.length + 1));
    if (choice < 70 || cursor === 0) {
      for (const character of `${words[random(words.length)]} `) patch(cursor, 0, character);
    } else if (choice < 95) {
      const start = boundary(content, Math.max(0, cursor - 1 - random(4)));
      patch(start, cursor - start, '');
    } else {
      patch(cursor, 0, `${words[random(words.length)]} `.repeat(1 + random(12)));
    }
  }
  return { startContent: '', endContent: content, txns };
}

/** The same place, or the one before when it lies inside of a surrogate pair. */
function boundary(content: string, position: number): number {
  const code = content.charCodeAt(position);
  return code >= 0xdc00 && code < 0xe000 ? position - 1 : position;
}

/** Marsaglia's xorshift32: enough for a test, and the same everywhere. */
function xorshift(seed: number): (below: number) => number {
  let state = seed | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}
