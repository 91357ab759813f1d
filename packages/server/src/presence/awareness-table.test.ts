import type { NodeId } from '@syncline/bus';
import { cpuTimeOf } from '@syncline/testing';
import { describe, expect, it } from 'vitest';
import type { Session } from '../session.ts';
import { AwarenessTable } from './awareness-table.ts';

const NODE = 'node' as NodeId;

const session = (userId: string | null = null) => ({ userId, isVouchedFor: false }) as Session;

const textOf = (bytes: number) => JSON.stringify('x'.repeat(bytes - 2));

function start(maxBytes = 10_000) {
  const table = new AwarenessTable({ perSession: 100, maxBytes });
  let clock = 0;
  return {
    table,
    say: (by: Session, client: number, bytes: number) =>
      table.announce(by, [{ client, clock: ++clock, state: textOf(bytes) }]),
    hear: (client: number, bytes: number, userId: string | null = null) =>
      table.hear(NODE, [{ client, clock: ++clock, state: textOf(bytes), userId }]),
    clients: () => table.states(Infinity).map(({ client }) => client),
  };
}

describe('a table that is full', () => {
  it('has room for who has less than an equal part, taken from who has the most', () => {
    const { say, clients } = start();
    const [ada, bob, eve] = [session(), session(), session()];
    for (let client = 100; client < 106; client++) say(ada, client, 1_000);
    for (let client = 200; client < 203; client++) say(bob, client, 1_000);
    say(eve, 1, 2_500);
    expect(clients()).toContain(1);
    expect(clients().filter((client) => client >= 200)).toHaveLength(3);
    expect(clients().filter((client) => client >= 100 && client < 200)).toHaveLength(4);
  });

  it('has none for who would have more than an equal part', () => {
    const { say, clients } = start();
    const [ada, bob] = [session(), session()];
    for (let client = 100; client < 105; client++) say(ada, client, 900);
    for (let client = 200; client < 205; client++) say(bob, client, 900);
    say(ada, 106, 900);
    expect(clients()).not.toContain(106);
    say(ada, 104, 2_000);
    expect(clients()).toHaveLength(10);
  });

  it('counts the sessions of a user as one, and sessions of nobody by themselves', () => {
    const { say, clients } = start();
    for (let client = 100; client < 110; client++) say(session('mallory'), client, 980);
    say(session('ada'), 1, 3_000);
    say(session(), 2, 2_000);
    expect(clients()).toEqual(expect.arrayContaining([1, 2]));
  });

  it('counts who is on other nodes, by user or else by client', () => {
    const { say, hear, clients } = start();
    for (let client = 100; client < 110; client++) hear(client, 980, 'mallory');
    say(session('ada'), 1, 3_000);
    hear(2, 1_000);
    hear(110, 980, 'mallory');
    expect(clients()).toEqual(expect.arrayContaining([1, 2]));
    expect(clients()).not.toContain(110);
  });

  it('gives room back when a session leaves, and when a state shrinks', () => {
    const { table, say, clients } = start();
    const [ada, bob] = [session(), session()];
    say(ada, 100, 9_900);
    table.leave(ada);
    say(bob, 200, 9_900);
    expect(clients()).toEqual([200]);
    say(bob, 200, 100);
    say(bob, 201, 9_000);
    expect(clients()).toEqual([200, 201]);
  });

  it('tells that a state made way, and takes it again when there is room', () => {
    const { table, say, clients } = start();
    const [ada, bob] = [session(), session()];
    say(ada, 100, 9_000);
    table.takeChanges(Infinity);
    say(bob, 200, 4_000);
    const { entries, own, by } = table.takeChanges(Infinity);
    expect(entries).toMatchObject([{ client: 100, state: null }, { client: 200 }]);
    expect([own.length, by]).toEqual([2, undefined]);
    table.leave(bob);
    say(ada, 100, 9_000);
    expect(clients()).toEqual([100]);
  });
});

describe('what is told of a table', () => {
  it('is within bounds, and the rest comes later', () => {
    const { table, say } = start();
    const ada = session();
    for (let client = 1; client <= 9; client++) say(ada, client, 900);
    const told: number[] = [];
    for (let times = 0; times < 5; times++) {
      const { entries, bytes, by } = table.takeChanges(2_000);
      expect(bytes).toBeLessThanOrEqual(2_000);
      expect(by).toBe(ada);
      expect(table.untoldSince).toBe(times < 4 ? -Infinity : Infinity);
      told.push(...entries.map(({ client }) => client));
    }
    expect(told).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('is nothing of who came and went before', () => {
    const { table, say } = start();
    const ada = session();
    say(ada, 1, 900);
    table.leave(ada);
    expect(table.takeChanges(Infinity).entries).toEqual([]);
    const bob = session();
    say(bob, 2, 900);
    table.states(Infinity); // somebody who joins is shown it
    table.leave(bob);
    expect(table.takeChanges(Infinity).entries).toMatchObject([{ client: 2, state: null }]);
  });

  it('begins with something of each share where it is not all', () => {
    const { table, say } = start();
    const [ada, bob] = [session(), session()];
    for (let client = 1; client <= 8; client++) say(ada, client, 900);
    say(bob, 9, 900);
    expect(table.states(2_000).map(({ client }) => client)).toEqual([1, 9]);
  });

  it('is found in time that does not grow with who else is there when a session leaves', () => {
    const table = new AwarenessTable({ perSession: 1, maxBytes: 1e9 });
    const sessions = Array.from({ length: 20_000 }, () => session());
    for (const [client, by] of sessions.entries()) {
      table.announce(by, [{ client, clock: 1, state: '{}' }]);
    }
    const leave = () => {
      for (const by of sessions) table.leave(by);
    };
    expect(cpuTimeOf(leave)).toBeLessThan(1_500);
    expect(table.states(Infinity)).toEqual([]);
  });
});
