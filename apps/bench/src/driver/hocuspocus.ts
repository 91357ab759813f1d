import { createDecoder, readVarString, readVarUint } from 'lib0/decoding';
import {
  type Encoder,
  encode,
  writeVarString,
  writeVarUint,
  writeVarUint8Array,
} from 'lib0/encoding';
import type { Dialect } from './dialect.ts';
import { encodePresence, readPresence, readSync, writeStep } from './sync-frames.ts';

const Type = { sync: 0, awareness: 1, auth: 2, ping: 9, pong: 10 } as const;
const AUTH_TOKEN = 0;
/** Of the provider whose manners these are. */
const PROVIDER_VERSION = '4.8.0';

/** As Hocuspocus's provider 4 talks. Unlike its version 3, it does not send on awareness. */
export const hocuspocusDialect: Dialect = {
  echoesPresence: false,
  pong: Uint8Array.of(Type.pong),
  url: (address) => `ws://${address}/`,
  greeting: (documentId, stateVector) => [
    frame(documentId, (encoder) => {
      writeVarUint(encoder, Type.auth);
      writeVarUint(encoder, AUTH_TOKEN);
      writeVarString(encoder, '');
      writeVarString(encoder, PROVIDER_VERSION);
    }),
    sync(documentId, 'step1', stateVector),
  ],
  syncStep2: (documentId, update) => sync(documentId, 'step2', update),
  update: (documentId, update) => sync(documentId, 'update', update),
  awareness: (documentId, entries) =>
    frame(documentId, (encoder) => {
      writeVarUint(encoder, Type.awareness);
      writeVarUint8Array(encoder, encodePresence(entries));
    }),
  decode: (frame) => {
    if (frame.length === 1) return { type: frame[0] === Type.ping ? 'ping' : 'other' };
    const decoder = createDecoder(frame);
    readVarString(decoder);
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

function sync(key: string, step: 'step1' | 'step2' | 'update', bytes: Uint8Array): Uint8Array {
  return frame(key, (encoder) => {
    writeVarUint(encoder, Type.sync);
    writeStep(encoder, step, bytes);
  });
}

function frame(key: string, write: (encoder: Encoder) => void): Uint8Array {
  return encode((encoder) => {
    writeVarString(encoder, key);
    write(encoder);
  });
}
