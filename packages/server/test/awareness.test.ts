import { sleep, until } from '@syncline/testing';
import { describe, expect, it } from 'vitest';
import { startHarness } from './harness.ts';

/** An awareness message with one entry: ids, clocks and lengths below 128. */
const entry = (client: number, clock: number, state: string) => {
  const json = [...Buffer.from(state)];
  return [1, json.length + 4, 1, client, clock, json.length, ...json];
};

describe('awareness', () => {
  it('shows who is here, also to those who come later, and who has left', async () => {
    const { stock } = await startHarness();
    const [ada, bob] = [await stock('document'), await stock('document')];
    ada.provider.awareness.setLocalState({ name: 'Ada' });
    const sees = (client: typeof ada) => () =>
      JSON.stringify(client.provider.awareness.getStates().get(ada.doc.clientID)) ===
      '{"name":"Ada"}';
    await until('Bob sees Ada', sees(bob));
    const eve = await stock('document');
    await until('Eve sees Ada', sees(eve));
    ada.provider.disconnect();
    await until('Bob sees that Ada left', () => !sees(bob)());
    await until('Eve sees that Ada left', () => !sees(eve)());
    ada.provider.connect();
    await until('Bob sees Ada again', sees(bob));
  });

  it('removes the states of a socket that is cut', async () => {
    const { stock, raw } = await startHarness();
    const bob = await stock('document');
    const ada = await raw('document');
    ada.send(entry(7, 1, '{"name":"Ada"}'));
    await until('Bob sees Ada', () => bob.provider.awareness.getStates().has(7));
    ada.destroy();
    await until('Bob sees that Ada left', () => !bob.provider.awareness.getStates().has(7));
  });

  it('does not send on what is an echo', async () => {
    const { raw } = await startHarness();
    const [ada, bob] = [await raw('document'), await raw('document')];
    ada.send(entry(7, 3, '{}'));
    await bob.frame(1, 6);
    bob.frames.length = ada.frames.length = 0;
    bob.send(entry(7, 3, '{}'));
    bob.send(entry(7, 2, '{"old":1}'));
    await sleep(150);
    expect([...ada.frames, ...bob.frames]).toEqual([]);
    // The echo did not make Bob the owner: the state goes with Ada.
    ada.destroy();
    expect([...(await bob.frame(1))]).toEqual(entry(7, 3, 'null'));
  });

  it('says that somebody is still there when there is news, and not before', async () => {
    const { raw } = await startHarness();
    const [ada, eve, bob] = [await raw('document'), await raw('document'), await raw('document')];
    ada.send(entry(7, 1, '{}'));
    eve.send(entry(8, 1, '{}'));
    await until('Bob sees both', () =>
      bob.frames.some(([type, , count]) => type === 1 && count === 2),
    );
    bob.frames.length = 0;
    ada.send(entry(7, 2, '{}'));
    await sleep(300);
    expect(bob.frames).toEqual([]);
    eve.send(entry(8, 2, '[]'));
    await until('the news come', () => bob.frames.length > 0, 1_000);
    expect(bob.frames.map((frame) => [...frame])).toEqual([
      [1, 11, 2, 7, 2, 2, 123, 125, 8, 2, 2, 91, 93],
    ]);
  });

  it('keeps a state whose client has come back before its old socket is gone', async () => {
    const { raw } = await startHarness();
    const [old, back, bob] = [await raw('document'), await raw('document'), await raw('document')];
    old.send(entry(7, 1, '{}'));
    await bob.frame(1, 6);
    back.send(entry(7, 2, '{}'));
    await until('the renewal comes', () => bob.frames.some((frame) => frame[4] === 2));
    bob.frames.length = 0;
    old.destroy();
    await sleep(150);
    expect(bob.frames).toEqual([]);
  });

  it('tells a client that returns with an old clock that it was taken for gone', async () => {
    const { raw } = await startHarness();
    const [ada, bob] = [await raw('document'), await raw('document')];
    ada.send(entry(7, 5, '{}'));
    await bob.frame(1, 6);
    bob.frames.length = 0;
    ada.destroy();
    await bob.frame(1, 8);
    const back = await raw('document');
    back.send(entry(7, 5, '{}'));
    expect([...(await back.frame(1, 8))]).toEqual(entry(7, 5, 'null'));
  });

  it('answers who asks', async () => {
    const { raw } = await startHarness();
    const [ada, bob] = [await raw('document'), await raw('document')];
    ada.send(entry(7, 1, '{}'));
    await bob.frame(1, 6);
    bob.frames.length = 0;
    bob.send([3]);
    expect([...(await bob.frame(1))]).toEqual(entry(7, 1, '{}'));
  });

  it('sends the latest state of many at once', async () => {
    const { raw } = await startHarness();
    const [ada, bob] = [await raw('document'), await raw('document')];
    for (let clock = 1; clock <= 100; clock++) ada.send(entry(7, clock, '{}'));
    await until('the latest has come', () => bob.frames.some((frame) => frame[4] === 100));
    expect(bob.frames.filter((frame) => frame[0] === 1).length).toBeLessThan(20);
  });
});
