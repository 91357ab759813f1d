import { applyPatches, loadTrace, sleep, until } from '@syncline/testing';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { DIALECTS } from './attackers.ts';
import { ALL_MAY, Stage, withUsers } from './stage.ts';
import { nestedAny } from './updates.ts';

const framesIn = async (stage: Stage) => {
  const text = await (await fetch(`${stage.server.url}/metrics`)).text();
  return Number(/^syncline_frames_in_total (\S+)$/m.exec(text)?.[1]);
};

describe('a client of y-websocket 2, which knows no final close code,', () => {
  it('that is refused stops coming back after a few times, and is told why', async () => {
    const stage = await Stage.set(withUsers({ ...ALL_MAY, read: 'user.id == "ada"' }), 'ada');
    const client = stage.stock('attacked', { version: 2, params: { token: 'mallory' } });
    await until('it is told', () => client.denials.length > 0);
    const { length } = client.closeCodes;
    expect(length).toBeLessThan(8);
    expect(client.closeCodes.every((code) => code === 4403)).toBe(true);
    await sleep(900);
    expect(client.closeCodes.length).toBe(length);
    expect(client.denials[0]).toMatch(/^access-denied: /);
    // And nothing that it goes on to write counts.
    client.text.insert(0, 'not allowed');
    await stage.survives();
  });

  it('whose update is refused does not send it for ever', async () => {
    const stage = await Stage.set({ limits: { updateBytes: 1_000 } });
    const doc = new Y.Doc();
    doc.getText('text').insert(0, 'x'.repeat(2_000));
    const client = stage.stock('attacked', { version: 2, doc });
    await until('it is told', () => client.denials.length > 0);
    const before = await framesIn(stage);
    await sleep(900);
    expect((await framesIn(stage)) - before).toBeLessThan(5);
    expect(client.denials[0]).toMatch(/^update-too-large: /);
    await stage.survives();
  });
});

it('a client of y-websocket 3 stays away after a final close code', async () => {
  const stage = await Stage.set(withUsers({ ...ALL_MAY, read: 'user.id == "ada"' }), 'ada');
  const client = stage.stock('attacked', { params: { token: 'mallory' } });
  await until('it is closed', () => client.closeCodes.length > 0);
  await sleep(1_000);
  expect(client.closeCodes).toEqual([4403]);
  await stage.survives();
});

it('who was parked is not heard whatever it sends', async () => {
  const stage = await Stage.set();
  for (let i = 0; i < 4; i++) {
    const attacker = await stage.attacker('y-websocket');
    attacker.update(nestedAny(50_000));
    await attacker.gone();
  }
  const attacker = await stage.attacker('y-websocket');
  attacker.update(nestedAny(50_000));
  expect(await attacker.refusal()).toBe('denied update-refused');
  attacker.send(Uint8Array.of(77, 1));
  attacker.update(Uint8Array.of(9));
  await sleep(100);
  expect(attacker.isGone).toBe(false);
  await stage.survives();
});

describe.each(DIALECTS)('in %s, who types a whole session as fast as it can', (dialect) => {
  const updatesOf = (count: number) => {
    const trace = loadTrace('sveltecomponent');
    const doc = new Y.Doc();
    const updates: Uint8Array[] = [];
    doc.on('update', (update: Uint8Array) => updates.push(update));
    const text = doc.getText('typed');
    text.insert(0, trace.startContent);
    for (const { patches } of trace.txns.slice(0, count)) applyPatches(text, patches);
    return { updates, content: text.toString() };
  };

  it.each([
    ['is not disconnected', {}, Infinity],
    ['is slowed by tight limits, and not disconnected', { updatesPerSecond: 500 }, 900],
  ] as const)('%s', async (_, limits, most) => {
    const stage = await Stage.set({ limits });
    const attacker = await stage.attacker(dialect);
    // One types all of it, more than the limits allow at once. Over HTTP each frame is a request.
    const enough = {
      'y-websocket': Infinity,
      hocuspocus: 8_000,
      syncline: 8_000,
      'syncline-http': 600,
    };
    const count = Math.min(most, enough[dialect]);
    const { updates, content } = updatesOf(count);
    for (const [index, update] of updates.entries()) {
      attacker.update(update);
      if (index % 200 === 0) await sleep(1);
    }
    await until(
      'all of it is there',
      () => stage.bystander.doc.getText('typed').toString() === content,
      18_000,
    );
    expect(attacker.refusals).toEqual([]);
    expect(attacker.isGone).toBe(false);
    await stage.accept();
    await stage.survives({ isStoreSame: false });
  });
});
