import type { Epoch, Seq } from '@syncline/storage';
import { cpuTimeOf } from '@syncline/testing';
import { decodeStateVector, scan } from '@syncline/update';
import { encode, writeUint8, writeVarUint } from 'lib0/encoding';
import { expect, it } from 'vitest';
import { DocumentLog } from './document-log.ts';

/** An update with a collected struct of each of so many clients. */
function updateOf(clients: number, first = 1): Uint8Array {
  return encode((encoder) => {
    writeVarUint(encoder, clients);
    for (let client = first + clients - 1; client >= first; client--) {
      for (const number of [1, client, 0]) writeVarUint(encoder, number);
      writeUint8(encoder, 0);
      writeVarUint(encoder, 1);
    }
    writeVarUint(encoder, 0);
  });
}

it('the state vectors are encoded once, and anew when there is more', () => {
  const log = new DocumentLog(undefined);
  const epoch = 'epoch' as Epoch;
  const content = scan(updateOf(50_000));
  log.admit(content);
  expect(decodeStateVector(log.encodedAdmitted).size).toBe(50_000);
  expect(log.encodedStateVector).toEqual(Uint8Array.of(0));
  log.committed(content, { epoch, head: 1 as Seq }, 1);
  expect(decodeStateVector(log.encodedStateVector).size).toBe(50_000);
  const ask = () => {
    for (let times = 0; times < 1_000; times++) void [log.encodedStateVector, log.encodedAdmitted];
  };
  expect(cpuTimeOf(ask)).toBeLessThan(500);
  const more = scan(updateOf(1, 60_000));
  log.admitCommitted(more);
  log.committed(more, { epoch, head: 2 as Seq }, 1);
  expect(decodeStateVector(log.encodedAdmitted).get(60_000)).toBe(1);
  expect(decodeStateVector(log.encodedStateVector).get(60_000)).toBe(1);
});
