import { parseDocumentId } from '@syncline/protocol';
import { newEpoch } from '@syncline/storage';
import { readFresh, sleep, until } from '@syncline/testing';
import { describe, expect, it } from 'vitest';
import { Metrics } from '../src/metrics.ts';
import { Tick } from '../src/tick.ts';
import { ContendedStore } from './contended-store.ts';
import { startHarness } from './harness.ts';
import { RecordingParticipant } from './recording-participant.ts';

const id = parseDocumentId('document');

describe('a document that another node holds', () => {
  it('goes into the next tick, with what came since after it', async () => {
    const store = new ContendedStore();
    const { stock, url } = await startHarness({ store });
    const [ada, bob] = [await stock('document'), await stock('document')];
    store.held.set(id, 2);
    for (const letter of 'abcdef') {
      ada.text.insert(ada.content.length, letter);
      await sleep(5);
    }
    await bob.hasContent('abcdef');
    expect(store.tries).toEqual([1, 2].map(() => ({ documentId: id, wait: false })));
    expect(await readFresh(url, 'document')).toBe('abcdef');
  });

  it('is waited for after three ticks, in a commit of its own', async () => {
    const store = new ContendedStore();
    const { stock, url } = await startHarness({ store });
    const [ada, bob] = [await stock('document'), await stock('document')];
    const [eve, joe] = [await stock('other'), await stock('other')];
    store.held.set(id, Infinity);
    ada.text.insert(0, 'a');
    await until('the store waits', () => store.tries.some(({ wait }) => wait));
    // Nobody is shown what is not stored, and others go on.
    ada.text.insert(1, 'b');
    bob.text.insert(0, 'c');
    eve.text.insert(0, 'hello');
    await joe.hasContent('hello');
    expect(bob.content).toBe('c');
    expect(store.tries.map(({ wait }) => wait)).toEqual([false, false, false, true]);
    store.release(id);
    await until('all have all', () => ada.content.length === 3 && bob.content === ada.content);
    expect(await readFresh(url, 'document')).toBe(ada.content);
  });

  it('is held again and again, and loses nothing', async () => {
    const store = new ContendedStore();
    const { stock, url } = await startHarness({ store });
    const [ada, bob] = [await stock('document'), await stock('document')];
    let typed = '';
    for (let round = 0; round < 60; round++) {
      if (round % 7 === 0) store.held.set(id, round % 5);
      if (round % 11 === 0) store.release(id);
      const letter = String.fromCharCode(97 + (round % 26));
      ada.text.insert(typed.length, letter);
      typed += letter;
      await sleep(3);
    }
    // A wait ends when the document is let go; the next one may have begun since.
    await until('all is there', () => {
      store.release(id);
      return bob.content === typed;
    });
    expect(await readFresh(url, 'document')).toBe(typed);
  });

  it('whose commit fails ends its sessions alone, and providers send it again', async () => {
    const store = new ContendedStore();
    const { stock, url } = await startHarness({ store });
    const [ada, eve] = [await stock('document'), await stock('other')];
    store.held.set(id, Infinity);
    ada.text.insert(0, 'a');
    await until('the store waits', () => store.tries.some(({ wait }) => wait));
    store.failWaits = true;
    store.release(id);
    await until('it comes back', async () => (await readFresh(url, 'document')) === 'a');
    expect(ada.closeCodes).toEqual([1013]);
    expect(eve.closeCodes).toEqual([]);
  });

  it('is stored before the server has stopped', async () => {
    const store = new ContendedStore();
    const { stock, server } = await startHarness({ store });
    const ada = await stock('document');
    store.held.set(id, Infinity);
    ada.text.insert(0, 'a');
    await until('the store waits', () => store.tries.some(({ wait }) => wait));
    const stopped = server.close();
    await sleep(50);
    expect((await store.load(id))?.tail ?? []).toEqual([]);
    store.release(id);
    await stopped;
    expect((await store.load(id))?.tail).toHaveLength(1);
  });
});

describe('a document that was replaced while its entries waited for a tick', () => {
  const others = ['other', 'another'].map(parseDocumentId);

  /** A tick over documents of which only the first is not what its participant takes it for. */
  async function startTick() {
    const store = new ContendedStore();
    await store.append([id, ...others].map((documentId) => ({ documentId, entries: [] })));
    const heads = await store.heads(others);
    const stale = new RecordingParticipant(id, newEpoch());
    const current = others.map(
      (documentId, index) => new RecordingParticipant(documentId, heads[index]?.epoch),
    );
    const tick = new Tick(store, new Metrics());
    const request = async () => {
      for (const participant of [stale, ...current]) tick.request(participant, 2);
      await tick.settled();
    };
    return { store, stale, current, request };
  }

  it('has its participant told so, and the others of the tick are committed', async () => {
    const { store, stale, current, request } = await startTick();
    await request();
    expect(stale.told).toEqual(['replaced']);
    expect(current.map(({ told }) => told)).toEqual([['committed 1'], ['committed 1']]);
    expect((await store.load(id))?.tail).toEqual([]);
    // The next tick has nothing to do with it.
    await request();
    expect(stale.told).toEqual(['replaced', 'replaced']);
    expect(current[0]?.told).toEqual(['committed 1', 'committed 2']);
  });

  it('has its participant told so also when it was waited for', async () => {
    const { store, stale, current, request } = await startTick();
    store.held.set(id, Infinity);
    const settled = request();
    await until('the store waits', () => store.tries.some(({ wait }) => wait));
    store.release(id);
    await settled;
    expect(stale.told).toEqual(['held', 'held', 'held', 'replaced']);
    expect(current.map(({ told }) => told)).toEqual([['committed 1'], ['committed 1']]);
    expect((await store.load(id))?.tail).toEqual([]);
  });
});
