import { randomBytes } from 'node:crypto';
import { parseDocumentId, SyncError } from '@syncline/protocol';
import { expect, it } from 'vitest';
import {
  type DocumentMessage,
  decodeDocumentMessage,
  decodeNodeMessage,
  encodeDocumentMessage,
  encodeNodeMessage,
  type NodeMessage,
} from './message.ts';

const bytes = (...values: number[]) => new Uint8Array(values);
const hex = (data: Uint8Array) => Buffer.from(data).toString('hex');

/** Nodes of different versions talk to each other while they are replaced: these bytes stay as they are. */
const DOCUMENT_VECTORS: readonly (readonly [DocumentMessage, string])[] = [
  [
    { type: 'entries', epoch: 'ab', from: 1, to: 300, update: bytes(9, 8) },
    '01 026162 01 ac02 01 020908',
  ],
  [{ type: 'entries', epoch: 'ab', from: 0, to: 1, update: undefined }, '01 026162 00 01 00'],
  [
    { type: 'entries', epoch: '', from: 2 ** 40, to: 2 ** 40, update: bytes() },
    '01 00 808080808020 808080808020 01 00',
  ],
  [{ type: 'compacted', epoch: 'ab', seq: 128 }, '02 026162 8001'],
  [
    { type: 'replaced', code: 'document-deleted', message: 'é' },
    '03 10646f63756d656e742d64656c65746564 02c3a9',
  ],
  [{ type: 'who' }, '04'],
  [
    {
      type: 'awareness',
      states: [
        { client: 4294967295, clock: 7, state: '{}', userId: 'ada' },
        { client: 1, clock: 8, state: null, userId: null },
      ],
    },
    '05 02 ffffffff0f 07 01 027b7d 01 03616461 01 08 00 00',
  ],
  [{ type: 'awareness', states: [] }, '05 00'],
  [
    { type: 'broadcast', from: 'ada', topic: '𝒟', payload: bytes(0, 255) },
    '06 03616461 04f09d929f 0200ff',
  ],
];

const NODE_VECTORS: readonly (readonly [NodeMessage, string])[] = [
  [{ type: 'revoke-user', userId: 'ada' }, '01 03616461'],
  [{ type: 'revoke-document', documentId: parseDocumentId('a/*') }, '02 03612f2a'],
];

it.each(DOCUMENT_VECTORS)(
  'writes and reads %j as the bytes that are agreed upon',
  (message, vector) => {
    const golden = vector.replaceAll(' ', '');
    expect(hex(encodeDocumentMessage(message))).toBe(golden);
    expect(decodeDocumentMessage(Buffer.from(golden, 'hex'))).toEqual(message);
  },
);

it.each(NODE_VECTORS)(
  'writes and reads %j as the bytes that are agreed upon',
  (message, vector) => {
    const golden = vector.replaceAll(' ', '');
    expect(hex(encodeNodeMessage(message))).toBe(golden);
    expect(decodeNodeMessage(Buffer.from(golden, 'hex'))).toEqual(message);
  },
);

it('has a vector for every type', () => {
  const documentTypes: Record<DocumentMessage['type'], true> = {
    entries: true,
    compacted: true,
    replaced: true,
    who: true,
    awareness: true,
    broadcast: true,
  };
  const nodeTypes: Record<NodeMessage['type'], true> = {
    'revoke-user': true,
    'revoke-document': true,
  };
  expect(new Set(DOCUMENT_VECTORS.map(([{ type }]) => type))).toEqual(
    new Set(Object.keys(documentTypes)),
  );
  expect(new Set(NODE_VECTORS.map(([{ type }]) => type))).toEqual(new Set(Object.keys(nodeTypes)));
});

const refused = expect.objectContaining({ name: 'SyncError', code: 'malformed-frame' });

it('refuses every message that is cut off, or followed by a byte', () => {
  const kinds = [
    [DOCUMENT_VECTORS, decodeDocumentMessage],
    [NODE_VECTORS, decodeNodeMessage],
  ] as const;
  for (const [vectors, decode] of kinds) {
    for (const [, vector] of vectors) {
      const whole = Buffer.from(vector.replaceAll(' ', ''), 'hex');
      for (let length = 0; length < whole.length; length++) {
        expect(() => decode(whole.subarray(0, length)), `${vector} to ${length}`).toThrow(refused);
      }
      expect(() => decode(Buffer.concat([whole, bytes(0)]))).toThrow(refused);
    }
  }
});

it.each([
  ['a type that is not known', '07'],
  ['a flag of 2', '01 00 00 00 02'],
  ['text that is not UTF-8', '06 01ff 00 00'],
  ['a count past the end', '05 ffffffff0f'],
  ['a length past the end', '06 ffffffff0f'],
  ['an integer past 2^53', '02 00 ffffffffffffffffff01'],
])('refuses %s', (_what, vector) => {
  const data = Buffer.from(vector.replaceAll(' ', ''), 'hex');
  expect(() => decodeDocumentMessage(data)).toThrow(refused);
});

it.each([
  ['an empty name', '02 00'],
  ['a control character in a name', '02 0100'],
  ['a name of 513 bytes', `02 8104 ${'61'.repeat(513)}`],
])('refuses %s of a document', (_what, vector) => {
  const data = Buffer.from(vector.replaceAll(' ', ''), 'hex');
  expect(() => decodeNodeMessage(data)).toThrow(refused);
});

it('takes a code that only newer nodes know for a fault', () => {
  const data = Buffer.from('030474696d6500', 'hex');
  expect(decodeDocumentMessage(data)).toEqual({ type: 'replaced', code: 'internal', message: '' });
  const inherited = Buffer.concat([bytes(3, 8), Buffer.from('toString'), bytes(0)]);
  expect(decodeDocumentMessage(inherited)).toMatchObject({ code: 'internal' });
});

it('reads random bytes, or refuses them as malformed', () => {
  const seeds = DOCUMENT_VECTORS.map(([, vector]) =>
    Buffer.from(vector.replaceAll(' ', ''), 'hex'),
  );
  let refusals = 0;
  for (let round = 0; round < 20_000; round++) {
    const data = round % 2 === 0 ? randomBytes(round % 40) : mutated(seeds[round % seeds.length]);
    for (const decode of [decodeDocumentMessage, decodeNodeMessage]) {
      try {
        decode(data);
      } catch (error) {
        refusals++;
        if (!(error instanceof SyncError && error.code === 'malformed-frame')) {
          throw new Error(`${data.toString('hex')} is not refused as it should`, { cause: error });
        }
      }
    }
  }
  expect(refusals).toBeGreaterThan(10_000);
});

function mutated(seed = Buffer.alloc(0)): Buffer {
  const data = Buffer.from(seed);
  const [at = 0, value = 0] = randomBytes(2);
  if (data.length > 0) data[at % data.length] = value;
  return data;
}
