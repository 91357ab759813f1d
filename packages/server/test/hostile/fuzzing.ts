import { encodeClientMessage } from '@syncline/protocol';
import { until } from '@syncline/testing';
import { encodeStateVector } from '@syncline/update';
import { expect } from 'vitest';
import * as Y from 'yjs';
import { type DialectName, makeAttacker } from './attackers.ts';
import type { Stage } from './stage.ts';
import { recordTraffic } from './traffic.ts';
import { awarenessUpdate, nestedMaps } from './updates.ts';

/** A frame, and its part of a connection, may take so much of the processor, in microseconds. */
const MAX_MICROSECONDS_A_FRAME = 10_000;
/** So many frames go over one connection, when it is not closed before. */
const FRAMES_A_CONNECTION = 50;

/** Marsaglia's xorshift32. */
function xorshift(seed: number): (below: number) => number {
  let state = seed | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** Frames of every kind that a client of a dialect may send, also those that real ones seldom do. */
function possible(dialect: DialectName, url: string): Uint8Array[] {
  const frames: Uint8Array[] = [];
  const client = makeAttacker(dialect, url, { documentId: 'fuzzed' });
  client.send = (frame) => {
    if (typeof frame !== 'string') frames.push(frame);
  };
  const doc = new Y.Doc();
  doc.clientID = 4_321;
  doc.on('update', (update: Uint8Array) => client.update(update));
  doc.getText('text').insert(0, 'hello 😀', { bold: true });
  doc.getText('text').insertEmbed(2, { image: 'x' });
  doc.getText('text').delete(1, 3);
  doc.getMap('map').set('key', { a: [1, 'two', null, 2.5, new Uint8Array([1, 2])] });
  doc.getArray('array').insert(0, [1, 'x', new Y.XmlElement('p'), new Y.Doc()]);
  client.update(nestedMaps(20));
  client.syncStep1(encodeStateVector(new Map([[4_321, 5]])));
  client.syncStep2(Y.encodeStateAsUpdate(doc));
  client.awareness(awarenessUpdate([4_321, 1, '{"cursor":{"at":[1,2]}}'], [9, 1, 'null']));
  if (dialect === 'hocuspocus') {
    frames.push(Uint8Array.of(9), Uint8Array.of(10));
    frames.push(Uint8Array.from([6, ...Buffer.from('fuzzed'), 3]));
    frames.push(Uint8Array.from([6, ...Buffer.from('fuzzed'), 5, 2, 104, 105]));
    frames.push(Uint8Array.from([6, ...Buffer.from('fuzzed'), 2, 0, 1, 120, 1, 52]));
  } else if (dialect === 'y-websocket') {
    frames.push(Uint8Array.of(3));
  } else {
    const topic = 'topic';
    const payload = Uint8Array.of(1, 2);
    frames.push(
      encodeClientMessage({ type: 'broadcast', channel: 1, id: 1, toSelf: true, topic, payload }),
      encodeClientMessage({ type: 'ping' }),
      encodeClientMessage({ type: 'token', token: 'x' }),
      encodeClientMessage({ type: 'detach', channel: 1 }),
      Uint8Array.of(3, 0, 2, 49, 1),
    );
  }
  client.destroy();
  return frames;
}

/** One change or several: a bit, a byte, a cut, something doubled, a piece of another frame. */
function mutate(
  frame: Uint8Array,
  frames: readonly Uint8Array[],
  random: (below: number) => number,
): Uint8Array {
  let bytes = [...frame];
  for (let times = 1 + random(3); times > 0; times--) {
    const at = random(bytes.length + 1);
    switch (random(7)) {
      case 0:
        if (at < bytes.length) bytes[at] = (bytes[at] as number) ^ (1 << random(8));
        break;
      case 1:
        bytes[at] = random(256);
        break;
      case 2:
        bytes = bytes.slice(0, at);
        break;
      case 3:
        bytes.splice(at, 0, ...bytes.slice(at, at + random(20)));
        break;
      case 4:
        bytes.splice(at, 1, 0xff, 0xff, 0xff, 0xff, random(16));
        break;
      case 5:
        bytes.splice(at, random(8));
        break;
      default:
        bytes.splice(at, random(8), ...(frames[random(frames.length)] as Uint8Array).slice(0, 40));
    }
  }
  return Uint8Array.from(bytes);
}

/**
 * Sends so many frames, and holds that nothing of it harms anybody. What is no attack at all may be
 * stored: it goes to a document of its own.
 */
export async function fuzz(
  stage: Stage,
  dialect: DialectName,
  { seed, frames: count }: { readonly seed: number; readonly frames: number },
): Promise<void> {
  const random = xorshift(seed);
  const real = await recordTraffic(dialect, stage.url, 'fuzzed');
  expect(real.length).toBeGreaterThan(5);
  real.push(...possible(dialect, stage.url));
  const cpu = process.cpuUsage();
  for (let sent = 0; sent < count; ) {
    const attacker = await stage.attacker(dialect, {
      documentId: 'fuzzed',
      address: `10.${random(250)}.${random(250)}.${random(250)}`,
    });
    for (let i = 0; i < FRAMES_A_CONNECTION && sent < count && !attacker.isGone; i++, sent++) {
      const bytes =
        random(5) === 0
          ? Uint8Array.from({ length: random(60) }, () => random(256))
          : mutate(real[random(real.length)] as Uint8Array, real, random);
      if (bytes.length > 0) attacker.send(bytes);
      // So that it is soon known when it was one too many.
      if (i % 4 === 3) await new Promise(setImmediate);
    }
    await new Promise(setImmediate);
    attacker.destroy();
  }
  const { user, system } = process.cpuUsage(cpu);
  expect((user + system) / count, `seed ${seed}`).toBeLessThan(MAX_MICROSECONDS_A_FRAME);
  const reader = await stage.fresh('fuzzed');
  // Whatever was let through, a client can read all of it, and write behind it.
  reader.doc.getText('after').insert(0, 'the fuzzing');
  await until('it comes through', async () => {
    const next = await stage.fresh('fuzzed');
    const came = next.doc.getText('after').toString() === 'the fuzzing';
    next.destroy();
    return came;
  });
  reader.destroy();
  await stage.survives();
}
