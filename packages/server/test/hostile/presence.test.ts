import { sleep, until } from '@syncline/testing';
import { createDecoder, readVarString, readVarUint, readVarUint8Array } from 'lib0/decoding';
import { describe, expect, it } from 'vitest';
import { createCustomAuthenticator, Rules } from '../../src/index-access.ts';
import type { YWebsocketAttacker } from './attackers.ts';
import { ALL_MAY, Stage, TEXT, withUsers } from './stage.ts';
import { awarenessUpdate } from './updates.ts';

const KIB = 1024;
/** Nearly as large as a state may be. */
const LARGE = JSON.stringify({ text: 'x'.repeat(60_000) });

interface Seen {
  readonly client: number;
  readonly state: unknown;
}

/** The awareness states in what a client of y-websocket was sent. */
function statesIn(frames: readonly Uint8Array[]): Seen[] {
  const seen: Seen[] = [];
  for (const frame of frames) {
    if (frame[0] !== 1) continue;
    const decoder = createDecoder(frame);
    readVarUint(decoder);
    const update = createDecoder(readVarUint8Array(decoder));
    for (let left = readVarUint(update); left > 0; left--) {
      const client = readVarUint(update);
      readVarUint(update); // the clock
      seen.push({ client, state: JSON.parse(readVarString(update)) as unknown });
    }
  }
  return seen;
}

const awarenessBytes = (frames: readonly Uint8Array[]) =>
  frames.reduce((sum, frame) => sum + (frame[0] === 1 ? frame.length : 0), 0);

/** Connections that say as much of themselves as they may, again and again, until `stop` is called. */
async function crowd(stage: Stage, count: number, token?: string) {
  const options = token === undefined ? {} : { token };
  const attackers: YWebsocketAttacker[] = [];
  for (let i = 0; i < count; i++) attackers.push(await stage.attacker('y-websocket', options));
  let clock = 0;
  const shout = (states = 32) => {
    clock++;
    for (const [index, attacker] of attackers.entries()) {
      for (let i = 0; i < states; i++) {
        attacker.awareness(awarenessUpdate([1_000 + index * 100 + i, clock, LARGE]));
      }
    }
  };
  return { attackers, shout };
}

describe('a table of states that others have filled', () => {
  it.each([
    ['ten sessions, where nobody is known', {}, undefined],
    ['ten sessions of one user', withUsers(ALL_MAY), 'mallory'],
  ] as const)('by %s has room for an honest state', async (_, options, token) => {
    const limits = { awarenessPerSecond: 1e6, awarenessPerSession: 200 };
    const stage = await Stage.set({ ...options, limits }, token === undefined ? undefined : 'ada');
    const { attackers, shout } = await crowd(stage, 10, token);
    const heard = async () => {
      for (const attacker of attackers) await attacker.heard(TEXT);
    };
    shout();
    await heard();
    // The rest of the table, in small pieces.
    for (const [index, attacker] of attackers.entries()) {
      for (let i = 0; i < 60; i++) {
        const state = JSON.stringify({ text: 'x'.repeat(1_000 >> (i / 10)) });
        attacker.awareness(awarenessUpdate([10_000 + 100 * index + i, 1, state]));
      }
    }
    await heard();
    const states = () => stage.bystander.provider.awareness.getStates();
    const honest = await stage.attacker('y-websocket', token === undefined ? {} : { token: 'bob' });
    honest.awareness(awarenessUpdate([7, 1, '{"name":"Bob"}']));
    await until('it is seen', () => states().has(7), 5_000);
    // Room was made by those who had the most, and they do not get it back.
    shout(10);
    await heard();
    honest.awareness(awarenessUpdate([7, 2, `{"name":"Bob","note":"${'x'.repeat(10_000)}"}`]));
    await until('it may grow', () => states().get(7)?.['note'] !== undefined, 5_000);
  });
});

describe('what a session is sent of presence in a second is within its budget', () => {
  const RATE = 64 * KIB;
  const limits = { awarenessBytesPerSecond: RATE, awarenessPerSecond: 1e6 };
  /** A second's worth may come at once. */
  const within = (seconds: number) => RATE * (seconds + 1) * 1.05;

  it('while many change large states, and others are seen in time', async () => {
    const stage = await Stage.set({ limits });
    const watcher = await stage.attacker('y-websocket');
    const honest = await stage.attacker('y-websocket');
    const { shout } = await crowd(stage, 10);
    const start = performance.now();
    const before = watcher.frames.length;
    const seconds = () => (performance.now() - start) / 1_000;
    const delays: number[] = [];
    for (let clock = 1; seconds() < 6; clock++) {
      const from = performance.now();
      honest.awareness(awarenessUpdate([7, clock, `{"n":${clock}}`]));
      shout(4);
      const isSeen = () =>
        statesIn(watcher.frames.slice(before)).some(
          ({ client, state }) => client === 7 && (state as { n: number }).n === clock,
        );
      await until('the honest state is seen', isSeen, 4_000);
      delays.push(performance.now() - from);
      await sleep(100);
    }
    expect(awarenessBytes(watcher.frames.slice(before))).toBeLessThan(within(seconds()));
    expect(Math.max(...delays)).toBeLessThan(2_500);
  });

  it('while many join, show themselves and leave', async () => {
    const stage = await Stage.set({ limits });
    const watcher = await stage.attacker('y-websocket');
    const start = performance.now();
    for (let client = 100; performance.now() - start < 3_000; client++) {
      const attacker = await stage.attacker('y-websocket');
      attacker.awareness(awarenessUpdate([client, 1, LARGE]));
      await sleep(5);
      attacker.destroy();
    }
    const seconds = (performance.now() - start) / 1_000;
    expect(awarenessBytes(watcher.frames)).toBeLessThan(within(seconds));
  });

  it('when it joins, and when it asks again and again', async () => {
    const stage = await Stage.set({ limits });
    const { shout } = await crowd(stage, 10);
    const honest = await stage.attacker('y-websocket');
    honest.awareness(awarenessUpdate([7, 1, '{}']));
    shout();
    await sleep(500);
    const start = performance.now();
    const joiner = await stage.attacker('y-websocket');
    await until('the honest state is seen', () =>
      statesIn(joiner.frames).some(({ client }) => client === 7),
    );
    expect(awarenessBytes(joiner.frames)).toBeLessThan(within(0));
    for (let times = 0; times < 1_000; times++) joiner.send(Uint8Array.of(3));
    await sleep(1_000);
    const seconds = (performance.now() - start) / 1_000;
    // What it is shown because it asked comes on top, once a second.
    expect(awarenessBytes(joiner.frames)).toBeLessThan(2 * within(seconds));
  });

  it('when its states are in a script of three bytes a letter', async () => {
    const stage = await Stage.set({ limits });
    const watcher = await stage.attacker('y-websocket');
    const attacker = await stage.attacker('y-websocket');
    const start = performance.now();
    const state = JSON.stringify({ text: '語'.repeat(20_000) });
    const seconds = () => (performance.now() - start) / 1_000;
    for (let clock = 1; seconds() < 3; clock++) {
      attacker.awareness(awarenessUpdate([clock % 20, clock, state]));
      await sleep(20);
    }
    expect(awarenessBytes(watcher.frames)).toBeLessThan(within(seconds()));
  });
});

describe('with authentication, no state is shown without the user.id of its session', () => {
  /** The states of client 7 that others see, of what somebody announces; with the last one at the end. */
  async function seen(stage: Stage, token: string | undefined, states: readonly string[]) {
    const watcher = await stage.attacker('y-websocket', { token: 'bob' });
    const attacker = await stage.attacker('y-websocket', token === undefined ? {} : { token });
    for (const [index, state] of [...states, '{"last":true}'].entries()) {
      attacker.awareness(awarenessUpdate([7, index + 1, state]));
      await sleep(60);
    }
    const statesOf7 = () =>
      statesIn(watcher.frames).flatMap(({ client, state }) => (client === 7 ? [state] : []));
    await until('the last one is seen', () =>
      statesOf7().some((state) => JSON.stringify(state).includes('last')),
    );
    return statesOf7();
  }

  it('one that is no object is dropped', async () => {
    const stage = await Stage.set(withUsers(ALL_MAY), 'ada');
    const states = ['5', '"bob"', 'true', '[{"user":{"id":"bob"}}]', '{"user":"bob"}'];
    expect(await seen(stage, 'mallory', states)).toEqual([
      { user: { id: 'mallory' } },
      { last: true, user: { id: 'mallory' } },
    ]);
  });

  it('somebody who is anonymous can claim none', async () => {
    const authenticator = createCustomAuthenticator(
      ({ token }) => (token === undefined ? null : { id: token }),
      { allowAnonymous: true },
    );
    const rules = Rules.from([{ document: '**', read: 'true', awareness: 'true', write: 'true' }]);
    const stage = await Stage.set({ authenticator, rules }, 'ada');
    const states = ['7', '{"user":{"id":"bob","name":"B"}}', '{"user":{"name":"A"}}'];
    expect(await seen(stage, undefined, states)).toEqual([
      { user: { name: 'B' } },
      { user: { name: 'A' } },
      { last: true },
    ]);
  });
});
