import { type Encoder, writeVarUint, writeVarUint8Array } from 'lib0/encoding';
import type { FrameReader } from './frame-reader.ts';

const Step = { step1: 0, step2: 1, update: 2 } as const;

/**
 * The sync messages of y-protocols/sync.js: `varUint(step) buf`. The dialects `y-websocket` and
 * `hocuspocus` carry them, each in its own envelope.
 */
export type SyncMessage =
  /** "This is my state vector: send what I lack." */
  | { readonly type: 'sync-step-1'; readonly stateVector: Uint8Array }
  /** The answer to a SyncStep1. */
  | { readonly type: 'sync-step-2'; readonly update: Uint8Array }
  | { readonly type: 'update'; readonly update: Uint8Array };

/** @throws SyncError `malformed-frame` */
export function readSyncMessage(reader: FrameReader): SyncMessage {
  const step = reader.varUint();
  switch (step) {
    case Step.step1:
      return { type: 'sync-step-1', stateVector: reader.bytes() };
    case Step.step2:
      return { type: 'sync-step-2', update: reader.bytes() };
    case Step.update:
      return { type: 'update', update: reader.bytes() };
    default:
      return reader.refuse(`${step} is no sync message`);
  }
}

export function writeSyncMessage(encoder: Encoder, message: SyncMessage): void {
  switch (message.type) {
    case 'sync-step-1':
      writeVarUint(encoder, Step.step1);
      writeVarUint8Array(encoder, message.stateVector);
      break;
    case 'sync-step-2':
      writeVarUint(encoder, Step.step2);
      writeVarUint8Array(encoder, message.update);
      break;
    case 'update':
      writeVarUint(encoder, Step.update);
      writeVarUint8Array(encoder, message.update);
      break;
  }
}
