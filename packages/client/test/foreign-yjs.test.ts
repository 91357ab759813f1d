import { createRequire } from 'node:module';
import { expect, it } from 'vitest';
import * as Y from 'yjs';
import { SynclineProvider } from '../src/index.ts';

const require = createRequire(import.meta.url);
/** What a CommonJS application has. */
const Foreign = require(
  require.resolve('yjs/package.json').replace('package.json', 'dist/yjs.cjs'),
) as typeof Y;

it('a Y.Doc of another copy of Yjs is refused, by name', () => {
  const url = 'ws://127.0.0.1:1';
  const open = (doc: unknown) => () =>
    new SynclineProvider({ url, documentId: 'notes', doc: doc as Y.Doc });
  expect(open(new Foreign.Doc())).toThrow(/another copy of Yjs .* dedupe "yjs"/);
  for (const odd of [new Foreign.Map(), {}, null, 'doc']) expect(open(odd)).toThrow('a Y.Doc');
  expect(new Foreign.Doc()).not.toBeInstanceOf(Y.Doc);
});
