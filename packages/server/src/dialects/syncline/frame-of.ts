import { fragmentsOf } from '@syncline/protocol';
import type { Connection } from '../../connection.ts';

/** Larger messages travel in fragments, so that others can pass between, in bytes. */
export const FRAGMENT_BYTES = 1024 * 1024;

/** A message as a connection takes it: one frame, or those of its fragments one after the other. */
export function frameOf(connection: Connection, message: Uint8Array): Uint8Array {
  if (message.length <= FRAGMENT_BYTES) return connection.frame(message);
  return Buffer.concat(fragmentsOf(message, FRAGMENT_BYTES).map(connection.frame));
}
