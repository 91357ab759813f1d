import type { Socket } from 'node:net';
import { until } from '@syncline/testing';
import { encode, writeVarUint } from 'lib0/encoding';
import { describe, expect, it } from 'vitest';
import { DIALECTS } from './attackers.ts';
import { heapBytes, Stage } from './stage.ts';
import { awarenessUpdate, textUpdate } from './updates.ts';

const WEBSOCKET_DIALECTS = ['y-websocket', 'hocuspocus', 'syncline'] as const;

/** Goes round the event loop, so that sockets are read. */
const turn = () => new Promise((resolve) => setTimeout(resolve, 1));

/** Sends as long as it is let, at most so often and for so long. */
async function flood(send: () => void, until: () => boolean, times: number): Promise<void> {
  for (let i = 0; i < times && !until(); i++) {
    send();
    if (i % 500 === 0) await turn();
  }
}

describe.each(DIALECTS)('in %s', (dialect) => {
  it.each([
    ['awareness', 'awarenessPerSecond', 20],
    ['updates', 'updatesPerSecond', 20],
    ['frames', 'framesPerSecond', 50],
  ] as const)(
    'a flood of %s is slowed, and closed only after the grace time',
    async (what, limit, rate) => {
      const stage = await Stage.set({ limits: { [limit]: rate, throttleGraceMs: 300 } });
      const attacker = await stage.attacker(dialect);
      const start = performance.now();
      let clock = 0;
      const send = () => {
        if (what === 'updates') attacker.update(Uint8Array.of(0, 0));
        else attacker.awareness(awarenessUpdate([777, ++clock, '{}']));
      };
      await flood(send, () => attacker.isGone, 4_000);
      await attacker.gone();
      expect(performance.now() - start, attacker.refusals.join()).toBeGreaterThan(300);
      // Over HTTP, requests that come after the end are answered with 404.
      expect(attacker.refusals).toContainEqual(
        expect.stringMatching(/^(closed 1013|goodbye) rate-limited$/),
      );
      await stage.survives();
    },
  );

  it('who sends more than it may for less than the grace time is slowed and not cut', async () => {
    const stage = await Stage.set({ limits: { updatesPerSecond: 100 } });
    const attacker = await stage.attacker(dialect);
    const hasLength = (length: number) => async () => {
      const reader = await stage.fresh();
      const got = reader.doc.getText('else').length;
      reader.destroy();
      return got === length;
    };
    const start = performance.now();
    // What comes in one piece is taken, but it is charged.
    for (let client = 1; client <= 150; client++) {
      attacker.update(textUpdate('x', 'else', client));
    }
    await until('the first are stored', hasLength(150));
    attacker.update(textUpdate('x', 'else', 151));
    await until('the last is stored', hasLength(151));
    expect(performance.now() - start).toBeGreaterThan(400);
    expect(attacker.refusals).toEqual([]);
    await stage.accept();
    await stage.survives();
  });

  it('who asks again and again and does not read is not answered without end', async () => {
    const stage = await Stage.set();
    stage.bystander.doc.getText('large').insert(0, 'x'.repeat(200_000));
    await until('it is stored', async () => (await stage.stored())?.head === 2);
    await stage.accept();
    const before = heapBytes();
    const attacker = await stage.attacker(dialect);
    if ('socket' in attacker) attacker.socket.pause();
    await flood(
      () => attacker.syncStep1(Uint8Array.of(0)),
      () => attacker.isGone,
      3_000,
    );
    await turn();
    expect(heapBytes() - before).toBeLessThan(40_000_000);
    await stage.survives();
  });
});

it('who attaches again and again for the last broadcasts and does not read gets no more of them', async () => {
  const stage = await Stage.set();
  const attacker = await stage.attacker('syncline');
  const payload = new Uint8Array(60_000);
  for (let id = 1; id <= 100; id++) {
    attacker.say({ type: 'broadcast', channel: 1, id, toSelf: false, topic: '', payload });
  }
  const answered = () => attacker.received.some((it) => 'id' in it && it.id === 100);
  await until('they are passed on', answered);
  await stage.accept();
  const reader = await stage.attacker('syncline');
  const before = heapBytes();
  reader.socket.pause();
  for (let channel = 2; channel <= 60; channel++) {
    reader.say({
      type: 'attach',
      channel,
      documentId: 'attacked',
      epoch: '',
      since: 0,
      stateVector: Uint8Array.of(0),
      replay: 100,
    });
  }
  await until('all are attached', async () => {
    const text = await (await fetch(`${stage.server.url}/metrics`)).text();
    return Number(/^syncline_sessions (\d+)$/m.exec(text)?.[1]) > 60;
  });
  // 60 times 6 MB would be 360 MB.
  expect(heapBytes() - before).toBeLessThan(40_000_000);
  await stage.survives();
});

it('who does not read the answers to its pings is not read either', async () => {
  const stage = await Stage.set({ limits: { framesPerSecond: 1e9 } });
  const attacker = await stage.attacker('hocuspocus');
  stage.bystander.provider.awareness.setLocalState({ text: 'x'.repeat(60_000) });
  const before = heapBytes();
  attacker.socket.pause();
  const query = encode((encoder) => {
    writeVarUint(encoder, 8);
    for (const byte of Buffer.from('attacked')) writeVarUint(encoder, byte);
    writeVarUint(encoder, 3);
  });
  await flood(
    () => attacker.send(query),
    () => attacker.isGone,
    5_000,
  );
  await new Promise((resolve) => setTimeout(resolve, 300));
  // 5,000 answers of 60 kB would be 300 MB. What one read brought is answered still: more on a busy machine.
  expect(heapBytes() - before).toBeLessThan(100_000_000);
  await stage.survives();
});

it.each(['ping', 'pong'] as const)('a flood of %ss is slowed as other frames are', async (kind) => {
  const stage = await Stage.set({ limits: { framesPerSecond: 1_000 } });
  const attacker = await stage.attacker('y-websocket');
  attacker.socket.pause(); // pongs are not read
  const raw = (attacker.socket as unknown as { _socket: Socket })._socket;
  // A control frame of 125 bytes, masked with zeros.
  const opcode = kind === 'ping' ? 0x89 : 0x8a;
  const frame = Buffer.from([opcode, 0x80 | 125, 0, 0, 0, 0, ...Array<number>(125).fill(7)]);
  const many = Buffer.concat(Array<Buffer>(5_000).fill(frame));
  let taken = 0;
  const send = () => {
    raw.write(many, (error) => {
      if (error !== undefined && error !== null) return;
      taken += many.length;
      if (taken < 100_000_000) send();
    });
  };
  send();
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  // What the system holds, and a thousand each second.
  expect(taken).toBeLessThan(20_000_000);
  await stage.survives();
});

it.each(WEBSOCKET_DIALECTS)(
  'a message in 20,000 fragments of a byte is closed in %s',
  async (dialect) => {
    const stage = await Stage.set();
    const attacker = await stage.attacker(dialect);
    for (let i = 0; i < 20_000 && !attacker.isGone; i++) {
      attacker.socket.send(Uint8Array.of(0), { fin: false, binary: true });
      if (i % 1_000 === 0) await turn();
    }
    expect(await attacker.refusal()).toMatch(/^closed 10(08|09)/);
    await stage.survives();
  },
);

it.each(WEBSOCKET_DIALECTS)(
  'a compressed frame is closed in %s: none was agreed on',
  async (dialect) => {
    const stage = await Stage.set();
    const attacker = await stage.attacker(dialect);
    expect(attacker.socket.extensions).toBe('');
    // FIN, RSV1 and binary; masked with zeros.
    const raw = (attacker.socket as unknown as { _socket: { write(bytes: Uint8Array): void } })
      ._socket;
    raw.write(Uint8Array.of(0xc2, 0x84, 0, 0, 0, 0, 1, 2, 3, 4));
    expect(await attacker.refusal()).toMatch(/^closed 1002/);
    await stage.survives();
  },
);
