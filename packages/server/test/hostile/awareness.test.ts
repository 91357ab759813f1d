import { sleep, until } from '@syncline/testing';
import { describe, expect, it } from 'vitest';
import { DIALECTS, refusalOf } from './attackers.ts';
import { ALL_MAY, heapBytes, Stage, TEXT, withUsers } from './stage.ts';
import { type AwarenessTriple, awarenessUpdate, awarenessUpdateOf } from './updates.ts';

/** Longer than the tick of awareness. */
const TICKS_MS = 120;

const statesOfClients = (count: number) =>
  Array.from({ length: count }, (_, index): AwarenessTriple => [index + 1, 1, '{}']);

const statesOf = (stage: Stage) => stage.bystander.provider.awareness.getStates();

describe.each(DIALECTS)('in %s', (dialect) => {
  it('the state of another user’s client is neither changed nor taken away', async () => {
    const stage = await Stage.set(withUsers(ALL_MAY), 'ada');
    const { bystander } = stage;
    bystander.provider.awareness.setLocalState({ cursor: 1 });
    const watcher = await stage.fresh();
    const client = bystander.doc.clientID;
    const seen = () => watcher.provider.awareness.getStates().get(client)?.['cursor'];
    await until('the state is seen', () => seen() === 1);
    const mallory = await stage.attacker(dialect, { token: 'mallory' });
    mallory.awareness(awarenessUpdate([client, 1_000, '{"cursor":666}']));
    mallory.awareness(awarenessUpdate([client, 2_000, 'null']));
    mallory.awareness(awarenessUpdate([777, 1, '{"cursor":7}'])); // comes through behind them
    await until('the other state is there', () => statesOf(stage).has(777));
    expect(seen()).toBe(1);
    bystander.provider.awareness.setLocalState({ cursor: 2 });
    await until('the owner is heard', () => seen() === 2);
    expect(mallory.refusals).toEqual([]);
    watcher.destroy();
    await stage.survives();
  });

  it('without authentication, the state of a live session is not taken away by another', async () => {
    const stage = await Stage.set();
    const { bystander } = stage;
    bystander.provider.awareness.setLocalState({ cursor: 1 });
    const watcher = await stage.fresh();
    const client = bystander.doc.clientID;
    const seen = () => watcher.provider.awareness.getStates().get(client)?.['cursor'];
    await until('the state is seen', () => seen() === 1);
    const attacker = await stage.attacker(dialect);
    attacker.awareness(awarenessUpdate([client, 1_000, 'null'], [777, 1, '{}']));
    await until('the other state is there', () => statesOf(stage).has(777));
    expect(seen()).toBe(1);
    watcher.destroy();
    await stage.survives();
  });

  it('a clock of 2^50 is dropped, and the client’s own state still counts', async () => {
    const stage = await Stage.set();
    const attacker = await stage.attacker(dialect);
    attacker.awareness(awarenessUpdate([778, 2 ** 50, '{"forged":true}'], [777, 1, '{}']));
    await until('the other state is there', () => statesOf(stage).has(777));
    expect(statesOf(stage).has(778)).toBe(false);
    attacker.awareness(awarenessUpdate([778, 1, '{"real":true}']));
    await until('the own state is there', () => statesOf(stage).get(778)?.['real'] === true);
    await stage.survives();
  });

  it('200,000 states in a frame are refused', async () => {
    const stage = await Stage.set();
    const attacker = await stage.attacker(dialect);
    attacker.awareness(awarenessUpdateOf(statesOfClients(200_000)));
    expect(await attacker.refusal()).toBe(refusalOf('awareness-too-many', dialect));
    await sleep(TICKS_MS);
    expect(statesOf(stage).size).toBeLessThan(10);
    await stage.survives();
  });

  it('a state over limits.awarenessBytes is refused', async () => {
    const stage = await Stage.set({ limits: { awarenessBytes: 1_000 } });
    const attacker = await stage.attacker(dialect);
    attacker.awareness(awarenessUpdate([777, 1, JSON.stringify('x'.repeat(1_000))]));
    expect(await attacker.refusal()).toBe(refusalOf('awareness-too-large', dialect));
    await sleep(TICKS_MS);
    expect(statesOf(stage).has(777)).toBe(false);
    await stage.survives();
  });

  it.each([
    [60_000, 'awareness-too-large'],
    [30_000, 'malformed-frame'],
  ] as const)(
    'a text of %i escaped quotes that never ends is refused at once',
    async (quotes, code) => {
      const stage = await Stage.set();
      const attacker = await stage.attacker(dialect);
      attacker.awareness(awarenessUpdate([777, 1, `"${'\\"'.repeat(quotes)}`]));
      expect(await attacker.refusal(1_000)).toBe(refusalOf(code, dialect));
      await stage.survives();
    },
  );

  it('the states of a frame are refused when they take more than its session may have', async () => {
    const stage = await Stage.set({ limits: { awarenessBytes: 100, awarenessPerSession: 2 } });
    const attacker = await stage.attacker(dialect);
    const state = JSON.stringify('x'.repeat(80));
    const states = [1, 2, 3].map((client): AwarenessTriple => [client, 1, state]);
    attacker.awareness(awarenessUpdateOf(states));
    expect(await attacker.refusal()).toBe(refusalOf('awareness-too-large', dialect));
    await stage.survives();
  });

  it('a session has at most limits.awarenessPerSession states, however it takes turns with them', async () => {
    const stage = await Stage.set({ limits: { awarenessPerSession: 5 } });
    const attacker = await stage.attacker(dialect);
    const before = heapBytes();
    for (let frame = 0; frame < 60; frame++) {
      const entries: AwarenessTriple[] = [];
      for (let i = 0; i < 4_000; i++) {
        const client = 1_000 + frame * 4_000 + i;
        entries.push([client, 1, '{"mine":true}'], [client, 2, 'null']);
      }
      attacker.awareness(awarenessUpdateOf(entries));
    }
    attacker.awareness(awarenessUpdateOf(statesOfClients(9)));
    await attacker.heard(TEXT);
    await sleep(TICKS_MS);
    const mine = [...statesOf(stage).keys()].filter((client) => client <= 9);
    // What it took away lately is still of its share: that is used up.
    expect(mine).toEqual([]);
    // All that was said of 240,000 clients is forgotten but for a session's share.
    await until('the memory is back', () => heapBytes() - before < 16_000_000);
    await stage.survives();
  });
});

it('before its token, a client of Hocuspocus cannot stop the server with a state', async () => {
  const stage = await Stage.set();
  const attacker = stage.knock('hocuspocus');
  await expect.poll(() => attacker.socket.readyState).toBe(1);
  const start = performance.now();
  attacker.awareness(awarenessUpdate([777, 1, `"${'\\"'.repeat(60_000)}`]));
  await sleep(50);
  expect((await fetch(`${stage.server.url}/healthz`)).status).toBe(200);
  expect(performance.now() - start).toBeLessThan(1_000);
  await stage.survives();
});

it('the states of a document take no more than 16 MiB', async () => {
  // No more than can be told again in time, either: so much may be.
  const limits = { awarenessPerSession: 1_000, awarenessBytesPerSecond: 16 * 1024 * 1024 };
  const stage = await Stage.set({ limits });
  const attacker = await stage.attacker('syncline');
  const state = JSON.stringify('x'.repeat(60_000));
  for (let client = 1; client <= 400; client++) {
    attacker.awareness(awarenessUpdate([client, 1, state]));
  }
  attacker.update(Uint8Array.of(0, 0)); // answered when all before was taken
  await until('an answer', () => attacker.received.some(({ type }) => type === 'ack'));
  const seen = () => [...statesOf(stage).keys()].filter((client) => client <= 400);
  await until('many are seen', () => seen().length > 200);
  // So much takes the room's budget for a while.
  await sleep(1_500);
  const states = seen();
  expect(states.length * state.length).toBeLessThanOrEqual(16 * 1024 * 1024);
});

it('without the right to show oneself, states are dropped', async () => {
  const stage = await Stage.set(withUsers({ ...ALL_MAY, awareness: 'user.id == "ada"' }), 'ada');
  const attacker = await stage.attacker('y-websocket', { token: 'mallory' });
  attacker.awareness(awarenessUpdate([777, 1, '{}']));
  await sleep(TICKS_MS);
  expect(statesOf(stage).has(777)).toBe(false);
  expect(attacker.refusals).toEqual([]);
  await stage.survives();
});
