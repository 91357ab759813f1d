import { SUBPROTOCOL } from '@syncline/protocol';
import { sleep, until } from '@syncline/testing';
import { encode, writeVarString, writeVarUint, writeVarUint8Array } from 'lib0/encoding';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { DIALECTS, type DialectName, refusalOf } from './attackers.ts';
import { ALL_MAY, heapBytes, Stage, withUsers } from './stage.ts';
import { textUpdate } from './updates.ts';

/** On a document of their own each, as one user. */
async function attach(stage: Stage, dialect: DialectName, count: number, token = 'bob') {
  const attackers = [];
  for (let i = 0; i < count; i++) {
    attackers.push(
      await stage.attacker(dialect, { token, documentId: `${token} ${dialect} ${i}` }),
    );
  }
  return attackers;
}

describe.each(DIALECTS)('in %s', (dialect) => {
  it('a user has at most limits.documentsPerUser documents open, over all connections', async () => {
    const stage = await Stage.set(
      { ...withUsers(ALL_MAY), limits: { documentsPerUser: 4 } },
      'ada',
    );
    const attackers = await attach(stage, dialect, 4);
    for (const { refusals } of attackers) expect(refusals).toEqual([]);
    const [fifth] = await attach(stage, dialect, 1);
    expect(await fifth?.refusal()).toMatch(/too-many-documents$/);
    const [other] = await attach(stage, dialect, 1, 'carol');
    expect(other?.refusals).toEqual([]);
    attackers[0]?.destroy();
    await until('there is room again', async () => {
      const [next] = await attach(stage, dialect, 1);
      return next?.refusals.length === 0;
    });
    await stage.survives();
  });

  it('a user makes at most limits.newDocumentsPerHour documents, and writes on in those that are there', async () => {
    const limits = { newDocumentsPerHour: 2 };
    const stage = await Stage.set({ ...withUsers(ALL_MAY), limits }, 'ada');
    const attackers = await attach(stage, dialect, 3);
    for (const attacker of attackers) attacker.update(textUpdate('mine'));
    const [first, second, third] = attackers;
    expect(await third?.refusal()).toBe(refusalOf('too-many-new-documents', dialect));
    for (const attacker of [first, second]) {
      attacker?.update(textUpdate(' more', 'text', 10));
      await attacker?.heard('more');
      expect(attacker?.refusals).toEqual([]);
    }
    expect(await stage.stored(third?.documentId)).toBeUndefined();
    await stage.survives();
  });

  it('a user stores at most limits.storedBytesPerDay, whatever it is', async () => {
    const limits = { storedBytesPerDay: 20_000 };
    const stage = await Stage.set({ ...withUsers(ALL_MAY), limits }, 'ada');
    const [attacker, another] = await attach(stage, dialect, 2);
    attacker?.update(textUpdate('x'.repeat(15_000)));
    await attacker?.heard('xxx');
    another?.update(textUpdate('y'.repeat(6_000)));
    expect(await another?.refusal()).toBe(refusalOf('storage-quota-exceeded', dialect));
    expect(await stage.stored(another?.documentId)).toBeUndefined();
    // Others, and what the user has known all along, are not touched.
    const [other] = await attach(stage, dialect, 1, 'carol');
    other?.update(textUpdate('z'.repeat(6_000)));
    await other?.heard('zzz');
    await stage.survives();
  });
});

it('where nobody is known, an address has limits.documentsPerAddress documents', async () => {
  const stage = await Stage.set({ limits: { documentsPerAddress: 6 }, trustProxy: 1 });
  for (let i = 0; i < 6; i++) {
    const attacker = await stage.attacker('syncline', {
      address: '1.1.1.1',
      documentId: `doc ${i}`,
    });
    expect(attacker.refusals).toEqual([]);
  }
  const seventh = await stage.attacker('syncline', { address: '1.1.1.1' });
  expect(await seventh.refusal()).toBe('detached too-many-documents');
  const other = await stage.attacker('syncline', { address: '2.2.2.2' });
  expect(other.refusals).toEqual([]);
  await stage.survives();
});

it('a document that is open and that nobody has written to takes next to no memory', async () => {
  const stage = await Stage.set();
  const before = heapBytes();
  const CONNECTIONS = 5;
  const DOCUMENTS = 1_000;
  let synced = 0;
  const sockets: WebSocket[] = [];
  for (let connection = 0; connection < CONNECTIONS; connection++) {
    const socket = new WebSocket(`${stage.url}/v1/sync`, SUBPROTOCOL, { perMessageDeflate: false });
    sockets.push(socket);
    socket.on('message', (data: Buffer) => {
      if (data[0] === 68) synced++;
    });
    await new Promise((resolve) => socket.on('open', resolve));
    socket.send(hello());
    for (let i = 0; i < DOCUMENTS; i++) socket.send(attachTo(`empty ${connection} ${i}`, i + 1));
    await until('all are open', () => synced === (connection + 1) * DOCUMENTS);
  }
  await sleep(2_500); // what is kept of joins for a moment is forgotten
  const each = (heapBytes() - before) / (CONNECTIONS * DOCUMENTS);
  // A tenth of a kilobyte for each thing that knows of it; before, it were 7 kB.
  expect(each).toBeLessThan(2_000);
  for (const socket of sockets) socket.terminate();
  await stage.survives();
});

function hello(): Uint8Array {
  return encode((encoder) => {
    for (const number of [16, 1, 1]) writeVarUint(encoder, number);
    for (const text of ['x', '']) writeVarString(encoder, text);
    writeVarUint(encoder, 0);
    writeVarString(encoder, '');
  });
}

function attachTo(documentId: string, channel: number): Uint8Array {
  return encode((encoder) => {
    for (const number of [48, channel]) writeVarUint(encoder, number);
    for (const text of [documentId, '']) writeVarString(encoder, text);
    writeVarUint(encoder, 0);
    writeVarUint8Array(encoder, Uint8Array.of(0));
    writeVarUint(encoder, 0);
  });
}
