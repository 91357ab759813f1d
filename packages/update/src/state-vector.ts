import { createEncoder, toUint8Array, writeVarUint } from 'lib0/encoding';
import { ByteReader } from './byte-reader.ts';

/** How far each client's structs are known: client id to the next clock, 0 for those not listed. */
export type StateVector = ReadonlyMap<number, number>;

export const EMPTY_STATE_VECTOR: StateVector = new Map();

/** Clocks are below 2^32: ywasm counts in 32 bits. */
export const MAX_CLOCK = 2 ** 32 - 1;

/**
 * Reads a state vector as Yjs writes it: `varUint(n) n × (varUint(client) varUint(clock))`.
 * @throws UpdateError when the bytes are something else.
 */
export function decodeStateVector(bytes: Uint8Array): Map<number, number> {
  const reader = new ByteReader(bytes);
  const vector = readStateVector(reader);
  if (reader.at !== bytes.length) reader.refuse('bytes follow the state vector');
  return vector;
}

/**
 * Reads state vectors that stand one behind the other.
 * @throws UpdateError when the bytes are something else.
 */
export function decodeStateVectors(bytes: Uint8Array): Map<number, number>[] {
  const reader = new ByteReader(bytes);
  const vectors: Map<number, number>[] = [];
  while (reader.at < bytes.length) vectors.push(readStateVector(reader));
  return vectors;
}

function readStateVector(reader: ByteReader): Map<number, number> {
  const vector = new Map<number, number>();
  for (let left = reader.count(2); left > 0; left--) {
    const client = reader.varUint();
    const clock = reader.varUint();
    if (clock > MAX_CLOCK) reader.refuse('a clock is out of range');
    if (vector.has(client)) reader.refuse(`client ${client} appears twice`);
    vector.set(client, clock);
  }
  return vector;
}

/** The bytes of `Y.encodeStateVector`: clients in descending order. */
export function encodeStateVector(vector: StateVector): Uint8Array {
  const encoder = createEncoder();
  const clients = [...vector.keys()].sort((a, b) => b - a);
  writeVarUint(encoder, clients.length);
  for (const client of clients) {
    writeVarUint(encoder, client);
    writeVarUint(encoder, vector.get(client) ?? 0);
  }
  return toUint8Array(encoder);
}
