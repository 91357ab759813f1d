import { encode, writeVarUint } from 'lib0/encoding';
import { describe, expect, it } from 'vitest';
import { DIALECTS, type DialectName, refusalOf } from './attackers.ts';
import { Stage, shareStage } from './stage.ts';
import { awarenessUpdate, textUpdate } from './updates.ts';

const key = (...rest: number[]) => [8, ...Buffer.from('attacked'), ...rest];
const HUGE = [0xff, 0xff, 0xff, 0xff, 0x0f];

/** Frames that are none of the dialect, by what is wrong with them. */
const FRAMES: Record<string, Record<Exclude<DialectName, 'syncline-http'>, number[] | string>> = {
  'an empty frame': { 'y-websocket': [], hocuspocus: [], syncline: [] },
  'a truncated frame': {
    'y-websocket': [0, 2, 50, 1, 1],
    hocuspocus: key(0, 2, 50, 1, 1),
    syncline: [49, 1, 1, 50, 1, 1],
  },
  'a frame of 0xff': {
    'y-websocket': Array(64).fill(0xff),
    hocuspocus: Array(64).fill(0xff),
    syncline: Array(64).fill(0xff),
  },
  'a text frame': { 'y-websocket': 'hello', hocuspocus: 'hello', syncline: 'hello' },
  'an empty text frame': { 'y-websocket': '', hocuspocus: '', syncline: '' },
  'an unknown message type': {
    'y-websocket': [77, 1, 2, 3],
    hocuspocus: key(77, 1),
    syncline: [77, 1, 2],
  },
  'a message that only servers send': {
    'y-websocket': [2, 0, 1, 97],
    hocuspocus: key(8, 1),
    syncline: [32, 1, 1, 97],
  },
  'an unknown sync step': {
    'y-websocket': [0, 3, 1, 0],
    hocuspocus: key(0, 3, 1, 0),
    syncline: [3, 2, 1, 0],
  },
  'a second message behind the first': {
    'y-websocket': [3, 3],
    hocuspocus: key(3, 3),
    syncline: [1, 1],
  },
  'a length beyond the frame': {
    'y-websocket': [0, 2, ...HUGE, 0],
    hocuspocus: key(0, 2, ...HUGE, 0),
    syncline: [49, 1, 1, ...HUGE, 0],
  },
  'a length beyond all integers': {
    'y-websocket': [0, 2, ...Array(12).fill(0xff), 1],
    hocuspocus: [...Array(12).fill(0xff), 1],
    syncline: [49, ...Array(12).fill(0xff), 1],
  },
  'broken awareness JSON': {
    'y-websocket': [1, 5, 1, 1, 1, 1, 123],
    hocuspocus: key(1, 5, 1, 1, 1, 1, 123),
    syncline: [51, 1, 5, 1, 1, 1, 1, 123],
  },
  'an awareness count beyond the frame': {
    'y-websocket': [1, 5, ...HUGE],
    hocuspocus: key(1, 5, ...HUGE),
    syncline: [51, 1, 5, ...HUGE],
  },
  'an awareness state that is no UTF-8': {
    'y-websocket': [1, 7, 1, 1, 1, 3, 0x22, 0xc3, 0x22],
    hocuspocus: key(1, 7, 1, 1, 1, 3, 0x22, 0xc3, 0x22),
    syncline: [51, 1, 7, 1, 1, 1, 3, 0x22, 0xc3, 0x22],
  },
  'a state vector with more entries than bytes': {
    'y-websocket': [0, 0, 5, ...HUGE],
    hocuspocus: key(0, 0, 5, ...HUGE),
    syncline: [48, 9, 1, 97, 0, 0, 5, ...HUGE, 0],
  },
  'a broken state vector': {
    'y-websocket': [0, 0, 3, 9, 1, 1],
    hocuspocus: key(0, 0, 3, 9, 1, 1),
    syncline: [48, 9, 1, 97, 0, 0, 3, 9, 1, 1, 0],
  },
};

describe.each(DIALECTS)('in %s, whoever sends', (dialect) => {
  const stageOf = shareStage();
  const frames = Object.entries(FRAMES).map(([what, frames]) => {
    const frame = frames[dialect === 'syncline-http' ? 'syncline' : dialect];
    return [what, typeof frame === 'string' ? frame : Uint8Array.from(frame)] as const;
  });
  // A body of HTTP has no text, and an empty message is refused with its request.
  const possible = frames.filter(
    ([, frame]) => dialect !== 'syncline-http' || (typeof frame !== 'string' && frame.length > 0),
  );

  it.each(possible)('%s is closed, and nobody else is harmed', async (_, frame) => {
    const stage = stageOf();
    const attacker = await stage.attacker(dialect);
    attacker.send(frame);
    expect(await attacker.refusal()).toBe(refusalOf('malformed-frame', dialect));
    await attacker.gone();
    await stage.survives();
  });

  it('an update behind a frame that ended the connection is not heard', async () => {
    const stage = stageOf();
    const attacker = await stage.attacker(dialect);
    attacker.send(Uint8Array.of(77, 1, 2));
    attacker.update(textUpdate('late'));
    await attacker.gone();
    await stage.survives();
  });

  it('awareness JSON that nests 10,000 deep is closed: stock clients recurse over it', async () => {
    const stage = stageOf();
    const attacker = await stage.attacker(dialect);
    attacker.awareness(awarenessUpdate([1, 1, `${'['.repeat(10_000)}${']'.repeat(10_000)}`]));
    expect(await attacker.refusal()).toBe(refusalOf('malformed-frame', dialect));
    await stage.survives();
  });
});

it('a body of HTTP that ends too early, is empty or holds an empty message is answered with 400', async () => {
  const stage = await Stage.set();
  const url = `${stage.server.url}/v1/sync`;
  for (const body of [[5, 1], [0], [...HUGE, 1], Array(20).fill(0xff)]) {
    const response = await fetch(url, { method: 'POST', body: Uint8Array.from(body) });
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([
      400,
      'malformed-frame',
    ]);
  }
  await stage.survives();
});

it.each(['y-websocket', 'hocuspocus', 'syncline'] as const)(
  'a frame over limits.frameBytes is closed with 1009 in %s',
  async (dialect) => {
    const stage = await Stage.set({ limits: { frameBytes: 1_000 } });
    const attacker = await stage.attacker(dialect);
    attacker.send(new Uint8Array(1_001));
    expect(await attacker.refusal()).toMatch(/^closed 1009/);
    await stage.survives();
  },
);

it('fragments over limits.frameBytes are closed with frame-too-large in syncline.v1', async () => {
  const stage = await Stage.set({ limits: { frameBytes: 1_000, updateBytes: 500 } });
  for (const dialect of ['syncline', 'syncline-http'] as const) {
    const attacker = await stage.attacker(dialect);
    const fragment = encode((encoder) => {
      for (const number of [3, 0, 300]) writeVarUint(encoder, number);
      for (let i = 0; i < 300; i++) writeVarUint(encoder, 1);
    });
    for (let i = 0; i < 4; i++) attacker.send(fragment);
    expect(await attacker.refusal()).toBe('goodbye frame-too-large');
  }
  await stage.survives();
});
