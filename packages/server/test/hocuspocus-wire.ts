import * as decoding from 'lib0/decoding';
import { readVarString, readVarUint, readVarUint8Array } from 'lib0/decoding';
import { encode, writeVarString, writeVarUint, writeVarUint8Array } from 'lib0/encoding';

/** What clients of Hocuspocus say, as bytes: written here anew, so that a fault shows on both sides. */
export const say = {
  auth: (key: string, token = '') =>
    encode((encoder) => {
      writeVarString(encoder, key);
      for (const number of [2, 0]) writeVarUint(encoder, number);
      writeVarString(encoder, token);
    }),
  syncStep1: (key: string, stateVector: Uint8Array) => sync(key, 0, stateVector),
  syncStep2: (key: string, update: Uint8Array) => sync(key, 1, update),
  update: (key: string, update: Uint8Array) => sync(key, 2, update),
  close: (key: string) =>
    encode((encoder) => {
      writeVarString(encoder, key);
      writeVarUint(encoder, 7);
    }),
};

function sync(key: string, type: number, bytes: Uint8Array): Uint8Array {
  return encode((encoder) => {
    writeVarString(encoder, key);
    for (const number of [0, type]) writeVarUint(encoder, number);
    writeVarUint8Array(encoder, bytes);
  });
}

/** What the server says, in short: `key: what`. */
export function heard(frame: Uint8Array): string {
  const decoder = decoding.createDecoder(frame);
  const key = readVarString(decoder);
  const type = readVarUint(decoder);
  switch (type) {
    case 0:
      return `${key}: ${['step1', 'step2', 'update'][readVarUint(decoder)]}`;
    case 1:
      return `${key}: awareness ${readVarUint8Array(decoder).length}`;
    case 2: {
      const kind = readVarUint(decoder);
      return kind === 0 ? `${key}: token?` : `${key}: ${readVarString(decoder).split(':')[0]}`;
    }
    case 8:
      return `${key}: status ${readVarUint(decoder)}`;
    default:
      return `${key}: type ${type}`;
  }
}
