import {
  createDecoder,
  type Decoder,
  readVarString,
  readVarUint,
  readVarUint8Array,
} from 'lib0/decoding';
import {
  createEncoder,
  type Encoder,
  toUint8Array,
  writeVarString,
  writeVarUint,
  writeVarUint8Array,
} from 'lib0/encoding';
import { parseUpdateMeta } from 'yjs';
import type { PresenceEntry, ServerMessage } from './dialect.ts';

/** The bodies that both dialects have, after y-protocols: the number of the step, and bytes. */
const Step = { step1: 0, step2: 1, update: 2 } as const;

export function writeStep(encoder: Encoder, step: keyof typeof Step, bytes: Uint8Array): void {
  writeVarUint(encoder, Step[step]);
  writeVarUint8Array(encoder, bytes);
}

export function readSync(decoder: Decoder): ServerMessage {
  const step = readVarUint(decoder);
  if (step === Step.step1) return { type: 'sync-step-1' };
  const update = readVarUint8Array(decoder);
  return {
    type: 'update',
    isAnswer: step === Step.step2,
    update,
    ends: parseUpdateMeta(update).to,
  };
}

export function encodePresence(entries: readonly PresenceEntry[]): Uint8Array {
  const encoder = createEncoder();
  writeVarUint(encoder, entries.length);
  for (const { client, clock, state } of entries) {
    writeVarUint(encoder, client);
    writeVarUint(encoder, clock);
    writeVarString(encoder, state);
  }
  return toUint8Array(encoder);
}

export function readPresence(decoder: Decoder, frame: Uint8Array): ServerMessage {
  const body = createDecoder(readVarUint8Array(decoder));
  const entries: PresenceEntry[] = [];
  for (let left = readVarUint(body); left > 0; left--) {
    entries.push({
      client: readVarUint(body),
      clock: readVarUint(body),
      state: readVarString(body),
    });
  }
  return { type: 'awareness', entries, frame };
}
