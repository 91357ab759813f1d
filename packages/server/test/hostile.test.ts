import { readFresh, type StockClient } from '@syncline/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { type Harness, startHarness } from './harness.ts';

const TEXT = 'the text that must survive';

/** `0 2 buf(update)` for an update below 128 bytes. */
const update = (...bytes: number[]) => [0, 2, bytes.length, ...bytes];

const HOSTILE: [string, number[] | string, number][] = [
  ['an empty frame', [], 4400],
  ['a truncated frame', [0, 2, 50, 1, 1], 4400],
  ['an unknown message', [77, 1, 2, 3], 4400],
  ['a frame of 0xff', Array(64).fill(0xff), 4400],
  ['a text frame', 'hello', 4400],
  ['an empty text frame', '', 4400],
  ['an empty update', update(), 4422],
  ['a truncated update', update(1, 1, 1, 0, 4, 1, 1, 97, 9, 98), 4422],
  ['a struct count of 33,554,431', update(1, 0xff, 0xff, 0xff, 0x0f, 1, 0, 0, 1, 0), 4422],
  ['invalid UTF-8', update(1, 1, 1, 0, 4, 1, 4, 116, 101, 120, 116, 2, 0xc3, 0x28, 0), 4422],
  ['a type that is none', update(1, 1, 1, 0, 7, 1, 1, 97, 9, 0), 4422],
  ['a broken state vector', [0, 0, 3, 9, 1, 1], 4400],
  ['a broken awareness state', [1, 5, 1, 1, 1, 1, 123], 4400],
];

describe('a hostile client', () => {
  let harness: Harness;
  let bystander: StockClient;
  let neighbour: StockClient;

  beforeEach(async () => {
    harness = await startHarness();
    bystander = await harness.stock('attacked');
    bystander.text.insert(0, TEXT);
    neighbour = await harness.stock('other');
    neighbour.text.insert(0, 'before');
    await (await harness.stock('attacked')).hasContent(TEXT);
  });

  afterEach(async () => {
    neighbour.text.insert(0, 'still ');
    await (await harness.stock('other')).hasContent('still before', 1_000);
    expect(await readFresh(harness.url, 'attacked')).toBe(TEXT);
    for (const client of [bystander, neighbour]) {
      expect(client.closeCodes).toEqual([]);
      expect(client.provider.wsconnected).toBe(true);
    }
    expect((await fetch(`${harness.server.url}/healthz`)).status).toBe(200);
  });

  it.each(HOSTILE)(
    'that sends %s loses its own socket, and nothing else',
    async (_, frame, code) => {
      const attacker = await harness.raw('attacked');
      attacker.send(frame);
      expect(await attacker.closeCode()).toBe(code);
      expect(attacker.closed?.reason).toMatch(
        code === 4400 ? /^malformed-frame: / : /^update-refused: /,
      );
    },
  );

  it('that sends random frames is harmless', async () => {
    let seed = 1234;
    const random = (below: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
      return seed % below;
    };
    for (let round = 0; round < 100; round++) {
      const attacker = await harness.raw('attacked');
      for (let frame = 0; frame < 20; frame++) {
        const bytes = Array.from({ length: random(40) }, () => random(256));
        // Half of them look like updates of a plausible length.
        attacker.send(random(2) === 0 ? bytes : update(...bytes));
      }
      attacker.destroy();
    }
  });

  it('that mutates real updates cannot hide them from a fresh reader', async () => {
    const doc = new Y.Doc();
    doc.getText('other').insert(0, 'hello 😀', { bold: true });
    doc.getMap('map').set('key', { a: [1, 'two'] });
    const real = Y.encodeStateAsUpdate(doc);
    for (let at = 0; at < real.length; at++) {
      const attacker = await harness.raw('attacked');
      const mutated = real.slice();
      mutated[at] = (mutated[at] as number) ^ (1 << (at % 8));
      attacker.send(update(...mutated));
      attacker.destroy();
    }
  });

  it('that sends what it sent after its socket was ended is not heard', async () => {
    const attacker = await harness.raw('attacked');
    const doc = new Y.Doc();
    doc.getText('text').insert(0, 'late');
    attacker.send([]);
    attacker.send(update(...Y.encodeStateAsUpdate(doc)));
    expect(await attacker.closeCode()).toBe(4400);
  });

  it('whose frame is over the limit is closed with 1009', async () => {
    const { raw } = await startHarness({ limits: { frameBytes: 1000 } });
    const attacker = await raw('attacked');
    attacker.send(new Uint8Array(1001));
    expect(await attacker.closeCode()).toBe(1009);
  });
});
