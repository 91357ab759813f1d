import { createDecoder, readVarUint } from 'lib0/decoding';
import { encode, writeVarUint, writeVarUint8Array } from 'lib0/encoding';
import type { Dialect } from './dialect.ts';
import { encodePresence, readPresence, readSync, writeStep } from './sync-frames.ts';

const Type = { sync: 0, awareness: 1 } as const;

/** As y-websocket 2 and 3 talk: one document a socket. They send on awareness that they receive. */
export const yWebsocketDialect: Dialect = {
  echoesPresence: true,
  pong: undefined,
  url: (address, documentId) => `ws://${address}/${encodeURIComponent(documentId)}`,
  greeting: (_documentId, stateVector) => [sync('step1', stateVector)],
  syncStep2: (_documentId, update) => sync('step2', update),
  update: (_documentId, update) => sync('update', update),
  awareness: (_documentId, entries) =>
    encode((encoder) => {
      writeVarUint(encoder, Type.awareness);
      writeVarUint8Array(encoder, encodePresence(entries));
    }),
  decode: (frame) => {
    const decoder = createDecoder(frame);
    switch (readVarUint(decoder)) {
      case Type.sync:
        return readSync(decoder);
      case Type.awareness:
        return readPresence(decoder, frame);
      default:
        return { type: 'other' };
    }
  },
};

function sync(step: 'step1' | 'step2' | 'update', bytes: Uint8Array): Uint8Array {
  return encode((encoder) => {
    writeVarUint(encoder, Type.sync);
    writeStep(encoder, step, bytes);
  });
}
