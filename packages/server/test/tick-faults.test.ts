import { parseDocumentId } from '@syncline/protocol';
import { type Appended, newEpoch } from '@syncline/storage';
import { until } from '@syncline/testing';
import { describe, expect, it } from 'vitest';
import { Metrics } from '../src/metrics.ts';
import { type Participant, Tick } from '../src/tick.ts';
import { ContendedStore } from './contended-store.ts';
import { FaultyParticipant } from './faulty-participant.ts';
import { RecordingParticipant } from './recording-participant.ts';

type Call = keyof Participant;

const [before, id, after] = ['before', 'faulty', 'behind'].map(parseDocumentId) as [
  ReturnType<typeof parseDocumentId>,
  ReturnType<typeof parseDocumentId>,
  ReturnType<typeof parseDocumentId>,
];

/** A tick in which one participant throws, between two others. */
async function start(faults: readonly Call[]) {
  const store = new ContendedStore();
  const isStale = faults.includes('replaced');
  if (isStale) await store.append([{ documentId: id, entries: [] }]);
  const faulty = new FaultyParticipant(id, isStale ? newEpoch() : undefined, faults);
  const others = [before, after].map((name) => new RecordingParticipant(name, undefined));
  const tick = new Tick(store, new Metrics());
  const request = (participants: readonly Participant[]) => {
    for (const participant of participants) tick.request(participant, 2);
    return tick.settled();
  };
  return {
    store,
    tick,
    faulty,
    others,
    request,
    all: [others[0], faulty, others[1]] as Participant[],
  };
}

/** What a participant is told that throws there, when all are asked for. */
const TOLD: Record<Call, readonly string[]> = {
  gather: [],
  committed: ['committed 1'],
  held: ['held'],
  replaced: ['replaced'],
  failed: ['failed: Error: the disk is full'],
};

const CALLS = Object.keys(TOLD) as Call[];

describe.each(CALLS)('a participant that throws in %s', (call) => {
  it.each([[[call]], [[call, 'failed']]] as const)(
    'fails alone, and the others go on (%j)',
    async (faults) => {
      const { store, faulty, others, request, all } = await start(faults);
      if (call === 'held') store.held.set(id, 1);
      store.failAppends = call === 'failed';
      await request(all);
      const own = call === 'failed' ? [] : [`failed: Error: a fault in ${call}`];
      expect(faulty.told).toEqual([...TOLD[call], ...own]);
      const first = call === 'failed' ? 'failed: Error: the disk is full' : 'committed 1';
      expect(others.map(({ told }) => told)).toEqual([[first], [first]]);
      // The tick goes on, without it.
      store.failAppends = false;
      await request(others);
      const second = call === 'failed' ? 'committed 1' : 'committed 2';
      expect(others.map(({ told }) => told.at(-1))).toEqual([second, second]);
      expect(faulty.told).toHaveLength(TOLD[call].length + own.length);
    },
  );
});

/** The participant of a document that another node holds is gathered from four times. */
class LateFault extends FaultyParticipant {
  #gathered = 0;

  override gather() {
    if (++this.#gathered > 3) throw new Error('a fault in gather');
    return super.gather();
  }
}

describe('a participant whose document was waited for, and that throws in', () => {
  async function startWaiting(faulty: RecordingParticipant) {
    const { store, others, request } = await start([]);
    store.held.set(id, Infinity);
    const settled = request([others[0] as Participant, faulty, others[1] as Participant]);
    return { store, others, request, settled };
  }

  it.each([
    ['gather', new LateFault(id, undefined, []), ['failed: Error: a fault in gather']],
    [
      'gather and failed',
      new LateFault(id, undefined, ['failed']),
      ['failed: Error: a fault in gather'],
    ],
    [
      'committed',
      new FaultyParticipant(id, undefined, ['committed']),
      ['committed 1', 'failed: Error: a fault in committed'],
    ],
    [
      'committed and failed',
      new FaultyParticipant(id, undefined, ['committed', 'failed']),
      ['committed 1', 'failed: Error: a fault in committed'],
    ],
  ] as const)('%s fails alone', async (_, faulty, told) => {
    const { store, others, request, settled } = await startWaiting(faulty);
    await until(
      'the store waits, or it has failed',
      () => store.tries.some(({ wait }) => wait) || faulty.told.length > 3,
    );
    store.release(id);
    await settled;
    expect(faulty.told).toEqual(['held', 'held', 'held', ...told]);
    await request(others);
    expect(others.map(({ told }) => told)).toEqual([
      ['committed 1', 'committed 2'],
      ['committed 1', 'committed 2'],
    ]);
  });

  it('failed, when the store fails, fails alone', async () => {
    const faulty = new FaultyParticipant(id, undefined, ['failed']);
    const { store, others, request, settled } = await startWaiting(faulty);
    await until('the store waits', () => store.tries.some(({ wait }) => wait));
    store.failWaits = true;
    store.release(id);
    await settled;
    expect(faulty.told.at(-1)).toBe('failed: Error: the database went away');
    await request(others);
    expect(others.map(({ told }) => told.at(-1))).toEqual(['committed 2', 'committed 2']);
  });
});

it('what a participant that failed has asked for since is not gathered', async () => {
  const { tick, others, request } = await start([]);
  /** Asks for the next tick, and then throws. */
  class Asking extends FaultyParticipant {
    gathered = 0;

    override gather() {
      this.gathered++;
      return super.gather();
    }

    override committed(appended: Appended): void {
      tick.request(this, 2);
      super.committed(appended);
    }
  }
  const asking = new Asking(id, undefined, ['committed']);
  await request([asking, ...others]);
  await request(others);
  expect(asking.told).toEqual(['committed 1', 'failed: Error: a fault in committed']);
  expect(asking.gathered).toBe(1);
  expect(others.map(({ told }) => told.at(-1))).toEqual(['committed 2', 'committed 2']);
});

it('a store that answers for too few fails those that it left out', async () => {
  const { store, faulty, others, request, all } = await start([]);
  const append = store.append.bind(store);
  store.append = async (appends) => (await append(appends)).slice(0, 2);
  await request(all);
  expect(others[0]?.told).toEqual(['committed 1']);
  expect(faulty.told).toEqual(['committed 1']);
  expect(others[1]?.told).toEqual([expect.stringMatching(/^failed/)]);
});
