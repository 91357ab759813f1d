import { until } from '@syncline/testing';
import { createEncoder, toUint8Array, writeVarUint } from 'lib0/encoding';
import { describe, expect, it } from 'vitest';
import { DIALECTS, type DialectName, refusalOf } from './attackers.ts';
import { heapBytes, Stage, TEXT } from './stage.ts';

/** A state vector of so many clients, none of which there is. */
function stateVectorOf(clients: number): Uint8Array {
  const encoder = createEncoder();
  writeVarUint(encoder, clients);
  for (let client = 1; client <= clients; client++) {
    writeVarUint(encoder, 2 ** 31 + client);
    writeVarUint(encoder, 1);
  }
  return toUint8Array(encoder);
}

/** In syncline.v1 it ends the session that was to begin, and rejects no update. */
const refusalOfCopy = (dialect: DialectName) =>
  refusalOf('document-too-large', dialect).replace('rejected', 'detached');

const HUGE = stateVectorOf(2_000_000);

describe.each(DIALECTS)('in %s', (dialect) => {
  it('a state vector of more clients than limits.documentClients is refused', async () => {
    const stage = await Stage.set({ limits: { documentClients: 100 } });
    const honest = await stage.attacker(dialect);
    const before = honest.frames.length;
    honest.syncStep1(stateVectorOf(100));
    const holdsText = (frame: Uint8Array) => Buffer.from(frame).includes(TEXT);
    await until('it is answered', () => honest.frames.slice(before).some(holdsText));
    expect(honest.refusals).toEqual([]);
    const attacker = await stage.attacker(dialect);
    attacker.syncStep1(stateVectorOf(101));
    expect(await attacker.refusal()).toBe(refusalOfCopy(dialect));
    await stage.survives();
  });
});

it.each(['y-websocket', 'hocuspocus', 'syncline'] as const)(
  'a state vector of 12 MB is refused in %s before it is read',
  async (dialect) => {
    const stage = await Stage.set();
    const attacker = await stage.attacker(dialect);
    attacker.syncStep1(HUGE);
    expect(await attacker.refusal()).toBe(refusalOfCopy(dialect));
    await stage.survives();
  },
);

it('the state vectors of a client of Hocuspocus that answers nothing are not kept', async () => {
  const stage = await Stage.set();
  const attacker = await stage.attacker('hocuspocus');
  const stateVector = stateVectorOf(20_000);
  const before = heapBytes();
  for (let i = 0; i < 40; i++) {
    const key = `document ${i}`;
    attacker.authenticate(key);
    attacker.sendKeyed(key, 0, 0, stateVector);
  }
  await until('all are answered', () => attacker.scopes.length === 41);
  attacker.frames.length = 0;
  // 40 times 20,000 clients would be 40 MB.
  await until('the memory is back', () => heapBytes() - before < 12_000_000);
  await stage.survives();
});
