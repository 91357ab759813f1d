import { parseDocumentId } from '@syncline/protocol';
import { readFresh, sleep, until } from '@syncline/testing';
import { describe, expect, it } from 'vitest';
import { ContendedStore } from './contended-store.ts';
import { startHarness } from './harness.ts';

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
