import { until } from '@syncline/testing';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { DIALECTS, refusalOf } from './attackers.ts';
import { loggerTo } from './logs.ts';
import { heapBytes, Stage, TEXT } from './stage.ts';
import { futureUpdate, hollowUpdate, textUpdate } from './updates.ts';

const metric = async (stage: Stage, name: string) => {
  const text = await (await fetch(`${stage.server.url}/metrics`)).text();
  return Number(new RegExp(`^syncline_${name} (\\S+)$`, 'm').exec(text)?.[1]);
};

describe.each(DIALECTS)('in %s', (dialect) => {
  it('thousands of updates far in the future are held up to limits.pendingBytes, and never stored', async () => {
    const stage = await Stage.set();
    const attacker = await stage.attacker(dialect);
    for (let i = 0; i < 5_000 && attacker.refusals.length === 0; i++) {
      attacker.update(futureUpdate(5, 1_000_000 + 2 * i, 'x'.repeat(1_000)));
      if (i % 100 === 0) await new Promise(setImmediate);
    }
    expect(await attacker.refusal()).toBe(refusalOf('pending-too-large', dialect));
    expect(await metric(stage, 'held_bytes')).toBeLessThan(1.1 * 1024 * 1024);
    await stage.survives();
  });

  it.each(['gc', 'deleted'] as const)(
    'a %s struct of 2^31 clocks for a live client is refused, and its later text stays',
    async (kind) => {
      const logged: string[] = [];
      const stage = await Stage.set({ logger: loggerTo(logged) });
      const { doc, text } = stage.bystander;
      const attacker = await stage.attacker(dialect);
      const clock = Y.getState(doc.store, doc.clientID);
      attacker.update(hollowUpdate(doc.clientID, clock, 2 ** 31, kind));
      expect(await attacker.refusal()).toBe(refusalOf('clock-jump', dialect));
      expect(await metric(stage, 'clock_jumps_total')).toBe(1);
      expect(logged.join()).toContain('a session claims too many clocks');
      await stage.survives();
      text.insert(0, 'later ');
      await until('it is stored', async () => (await stage.stored())?.head === 2);
      expect(await stage.readFresh()).toBe(`later ${TEXT}`);
    },
  );

  it('clocks without content add up over the updates of a session', async () => {
    const stage = await Stage.set({ limits: { hollowClocks: 1_000 } });
    const attacker = await stage.attacker(dialect);
    for (let i = 0; i < 3; i++) attacker.update(hollowUpdate(5, i * 400, 400));
    expect(await attacker.refusal()).toBe(refusalOf('clock-jump', dialect));
    expect((await stage.stored())?.head).toBeLessThanOrEqual(3);
  });
});

it('what is known of an update does not make up for what is hollow in it', async () => {
  const stage = await Stage.set({ limits: { hollowClocks: 1_000 } });
  const attacker = await stage.attacker('syncline');
  const known = textUpdate('x'.repeat(5_000), 'else', 5);
  attacker.update(known);
  await until('it is stored', async () => (await stage.stored())?.head === 2);
  await stage.accept();
  // The text again, and behind it a collected struct that is as long.
  const body = known.slice(0, -1);
  body[1] = 2;
  attacker.update(Uint8Array.from([...body, 0, 0x88, 0x27, 0]));
  expect(await attacker.refusal()).toBe('rejected clock-jump');
  await stage.survives();
});

it('a few bytes that are held do not keep a large update in memory', async () => {
  const stage = await Stage.set();
  const attacker = await stage.attacker('syncline');
  const large = new Y.Doc();
  large.clientID = 5;
  large.getText('large').insert(0, 'x'.repeat(200_000));
  attacker.update(Y.encodeStateAsUpdate(large));
  await until('it is stored', async () => (await stage.stored())?.head === 2);
  await stage.accept();
  const before = heapBytes();
  for (let i = 0; i < 200; i++) {
    const doc = new Y.Doc();
    const beyond = futureUpdate(6, 1_000 + 2 * i);
    attacker.update(Y.mergeUpdates([Y.encodeStateAsUpdate(large), beyond]));
    doc.destroy();
    if (i % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await until('all is held', async () => (await metric(stage, 'gaps_total')) >= 200);
  // What the sockets had in their buffers goes a little later.
  await until('the updates are let go', () => heapBytes() - before < 15_000_000);
  await stage.survives();
});

it('honest clients send on what others deleted, and are not refused', async () => {
  const stage = await Stage.set();
  const doc = new Y.Doc();
  doc.getText('text').insert(0, 'x'.repeat(100_000));
  doc.getText('text').delete(0, 100_000);
  const client = stage.stock('attacked', { doc });
  await client.synced();
  await client.hasContent(TEXT);
  await until('it is stored', async () => (await stage.stored())?.head === 2);
  expect(client.closeCodes).toEqual([]);
});
