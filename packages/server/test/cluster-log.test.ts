import { setTimeout as sleep } from 'node:timers/promises';
import { parseDocumentId } from '@syncline/protocol';
import type { DocumentStore } from '@syncline/storage';
import { until } from '@syncline/testing';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { startCluster } from './cluster.ts';

const id = parseDocumentId('document');

/** Lets loads of a store answer only when they are released, with what it had when it was asked. */
function holdLoads(store: DocumentStore) {
  const gate = { isHolding: false, release: () => {} };
  const released = new Promise<void>((resolve) => {
    gate.release = resolve;
  });
  const load = store.load.bind(store);
  store.load = async (...args) => {
    const stored = await load(...args);
    gate.isHolding = true;
    await released;
    return stored;
  };
  return gate;
}

/** The log as a fresh reader of the store sees it. */
async function storedText(store: DocumentStore): Promise<string> {
  const stored = await store.load(id);
  const doc = new Y.Doc();
  if (stored?.checkpoint !== undefined) Y.applyUpdate(doc, stored.checkpoint.update);
  for (const { update } of stored?.tail ?? []) Y.applyUpdate(doc, update);
  return doc.getText('text').toString();
}

describe('nodes that share a log', () => {
  it('bring an edit to the clients of all dialects on the others, without asking the store', async () => {
    const { nodes } = await startCluster(3);
    const [a, b, c] = nodes as [(typeof nodes)[0], (typeof nodes)[0], (typeof nodes)[0]];
    const clients = [
      await a.yWebsocket('document').synced(),
      await b.hocuspocus('document').synced(),
      await (await (await c.syncline()).attach('document')).synced(),
    ] as const;
    clients[0].text.insert(0, 'one ');
    for (const client of clients) await client.hasContent('one ');
    clients[1].text.insert(4, 'two ');
    for (const client of clients) await client.hasContent('one two ');
    clients[2].text.insert(8, 'three');
    for (const client of clients) await client.hasContent('one two three');
    for (const { metric } of nodes) expect(await metric('syncline_heads_reads_total')).toBe(0);
  });

  it('give each session the entries of all in the order of the log, once', async () => {
    const { nodes, store } = await startCluster(3, { isLate: true });
    const sessions = await Promise.all(
      nodes.map(async ({ syncline }) => (await (await syncline()).attach('document')).synced()),
    );
    for (let round = 0; round < 60; round++) {
      const session = sessions[round % 3] as (typeof sessions)[0];
      session.text.insert(Math.floor(Math.random() * (session.content.length + 1)), `${round} `);
      if (round % 4 === 0) await sleep(Math.random() * 30);
    }
    await Promise.all(sessions.map((session) => session.saved()));
    const stored = await store.load(id);
    const text = await storedText(store);
    for (const session of sessions) {
      await session.hasContent(text);
      await until('it has all', () => session.cursor === stored?.head);
      // A session skips what it alone wrote; the others' entries come once, and in order.
      const ends = session.all('entries').map(({ to }) => to);
      expect(ends).toEqual([...new Set(ends)].sort((one, other) => one - other));
    }
  });

  it('converge when the bus loses what it is told', async () => {
    const { nodes, store } = await startCluster(3, { isLate: true });
    for (const { bus } of nodes) bus.loses = () => Math.random() < 0.4;
    const clients = await Promise.all(nodes.map((node) => node.yWebsocket('document').synced()));
    for (let round = 0; round < 90; round++) {
      const { text } = clients[round % 3] as (typeof clients)[0];
      const at = Math.floor(Math.random() * (text.length + 1));
      if (round % 5 === 4 && text.length > 3) text.delete(Math.min(at, text.length - 2), 2);
      else text.insert(at, 'abc');
      if (round % 3 === 0) await sleep(Math.random() * 10);
    }
    for (const { bus } of nodes) bus.loses = () => false;
    // What was lost last shows with the next edit of each.
    for (const { text } of clients) text.insert(0, '!');
    await until('all are equal', async () => {
      const text = await storedText(store);
      return clients.every(({ content }) => content === text) && text.split('!').length === 4;
    });
  });

  it('read what was lost when the bus says that something was', async () => {
    const { nodes } = await startCluster(2);
    const [a, b] = nodes as [(typeof nodes)[0], (typeof nodes)[0]];
    const [ada, bob] = [
      await a.yWebsocket('document').synced(),
      await b.yWebsocket('document').synced(),
    ];
    ada.text.insert(0, 'one ');
    await bob.hasContent('one ');
    a.bus.loses = () => true;
    ada.text.insert(4, 'two');
    await sleep(100);
    expect(bob.content).toBe('one ');
    b.bus.missed();
    await bob.hasContent('one two');
    expect(await b.metric('syncline_heads_reads_total')).toBe(1);
  });

  it('read what was lost while a room was being made', async () => {
    const { nodes } = await startCluster(2);
    const [a, b] = nodes as [(typeof nodes)[0], (typeof nodes)[0]];
    const ada = await (await a.syncline()).attach('document');
    ada.text.insert(0, 'one');
    await ada.saved();
    a.bus.loses = () => true;
    const loads = holdLoads(b.store);
    const bob = b.yWebsocket('document');
    await until('its log is read', () => loads.isHolding);
    ada.text.insert(3, ' two');
    await ada.saved();
    b.bus.missed();
    await sleep(50);
    loads.release();
    await bob.hasContent('one two');
  });

  it('read large updates from the store', async () => {
    const { nodes } = await startCluster(2);
    const [a, b] = nodes as [(typeof nodes)[0], (typeof nodes)[0]];
    const [ada, bob] = [
      await a.yWebsocket('document').synced(),
      await b.yWebsocket('document').synced(),
    ];
    const text = 'x'.repeat(500_000);
    ada.text.insert(0, text);
    await bob.hasContent(text);
    bob.text.insert(0, '!');
    await ada.hasContent(`!${text}`);
  });

  it('do not take a client for one that knows of lost entries when it comes from another node', async () => {
    const { nodes } = await startCluster(2);
    const [a, b] = nodes as [(typeof nodes)[0], (typeof nodes)[0]];
    const ada = await (await (await a.syncline()).attach('document')).synced();
    const bob = await (await (await b.syncline()).attach('document')).synced();
    a.bus.holds = true;
    ada.text.insert(0, 'new');
    await ada.saved();
    const moved = await (await b.syncline()).attach('document', {
      doc: ada.doc,
      epoch: ada.epoch,
      since: ada.cursor,
    });
    await moved.synced();
    expect([moved.state, moved.epoch]).toEqual(['attached', ada.epoch]);
    await bob.hasContent('new');
    expect(await b.metric('syncline_lost_entries_total')).toBe(0);
    a.bus.release();
    bob.text.insert(3, '!');
    await ada.hasContent('new!');
  });

  it('take what a client sends to both of them once', async () => {
    const { nodes, store } = await startCluster(2, { isLate: true });
    const [a, b] = nodes as [(typeof nodes)[0], (typeof nodes)[0]];
    const doc = new Y.Doc();
    // One document that two providers sync: each sends all to its node.
    const both = [a.yWebsocket('document', { doc }), b.yWebsocket('document', { doc })];
    for (const client of both) await client.synced();
    const reader = await b.yWebsocket('document').synced();
    for (let at = 0; at < 50; at++) {
      doc.getText('text').insert(at, String(at % 10));
      if (at % 7 === 0) await sleep(5);
    }
    await reader.hasContent(doc.getText('text').toString());
    expect(await storedText(store)).toBe(reader.content);
    const fresh = await a.yWebsocket('document').synced();
    await fresh.hasContent(reader.content);
  });
});

describe('a document that is replaced on one node', () => {
  const filled = async () => {
    const { nodes, store } = await startCluster(2);
    const [a, b] = nodes as [(typeof nodes)[0], (typeof nodes)[0]];
    const bob = await (await (await b.syncline()).attach('document')).synced();
    const eve = await b.yWebsocket('document').synced();
    bob.text.insert(0, 'old');
    await bob.saved();
    await eve.hasContent('old');
    return { a, b, bob, eve, store };
  };

  it('is deleted on all, and its copies are refused', async () => {
    const { a, b, bob, eve } = await filled();
    await a.operator('DELETE', 'document');
    await until('the session has ended', () => bob.detached !== undefined);
    expect(bob.detached).toMatchObject({ code: 'document-deleted', retry: false });
    await until('the stock client is told', () => eve.closeCodes.includes(4410));
    const copy = await (await b.syncline()).attach('document', {
      doc: bob.doc,
      epoch: bob.epoch,
      since: bob.cursor,
    });
    expect(copy.detached).toMatchObject({ code: 'document-deleted' });
    expect((await b.yWebsocket('document').synced()).content).toBe('');
  });

  it('takes nothing more from a node that has not heard of it', async () => {
    const { a, b, bob, eve, store } = await filled();
    a.bus.loses = () => true;
    await a.operator('DELETE', 'document');
    eve.text.insert(0, 'ghost ');
    await until('the session has ended', () => bob.detached !== undefined);
    await until('its copy is refused', () => eve.closeCodes.includes(4410));
    expect(await store.load(id)).toBeUndefined();
    expect((await b.yWebsocket('document').synced()).content).toBe('');
  });

  it('has its new epoch on all', async () => {
    const { a, b, bob } = await filled();
    await a.operator('POST', 'document/reset');
    await until('the session has ended', () => bob.detached !== undefined);
    expect(bob.detached).toMatchObject({ code: 'document-reset', retry: true });
    const fresh = await (await (await b.syncline()).attach('document')).synced();
    expect(fresh.epoch).not.toBe(bob.epoch);
    expect(fresh.content).toBe('old');
    const onA = await (await (await a.syncline()).attach('document')).synced();
    expect(onA.epoch).toBe(fresh.epoch);
  });

  it('is found to be another one when the bus says that something was lost', async () => {
    const { a, b, bob } = await filled();
    a.bus.loses = () => true;
    await a.operator('POST', 'document/reset');
    await sleep(50);
    expect(bob.detached).toBeUndefined();
    b.bus.missed();
    await until('the session has ended', () => bob.detached !== undefined);
    expect(bob.detached).toMatchObject({ retry: true });
  });
});

describe('a document that two nodes make', () => {
  it('at the same time has one epoch, and what both wrote', async () => {
    const { nodes, store } = await startCluster(2, { isLate: true });
    const sessions = await Promise.all(
      nodes.map(async ({ syncline }) => (await (await syncline()).attach('document')).synced()),
    );
    for (const [index, { text }] of sessions.entries()) text.insert(0, `${index}`);
    await Promise.all(sessions.map((session) => session.saved()));
    for (const session of sessions) {
      await until('it has both', () => session.content.length === 2);
      expect(session.content).toBe(await storedText(store));
    }
    const epochs = await Promise.all(
      nodes.map(async ({ syncline }) => (await (await syncline()).attach('document')).epoch),
    );
    expect(new Set(epochs).size).toBe(1);
  });
});

describe('a checkpoint that one node makes', () => {
  it('is taken over by the rooms of the others', async () => {
    const { nodes } = await startCluster(2, { quietMs: 100_000 });
    const [a, b] = nodes as [(typeof nodes)[0], (typeof nodes)[0]];
    const ada = await a.yWebsocket('document').synced();
    const bob = await b.yWebsocket('document').synced();
    for (let i = 0; i < 200; i++) {
      ada.text.insert(0, 'to be deleted, '.repeat(10));
      if (i % 10 === 0) await sleep(1);
    }
    ada.text.delete(0, ada.text.length);
    ada.text.insert(0, 'left');
    await bob.hasContent('left');
    const before = await b.metric('syncline_room_bytes');
    await a.operator('POST', 'document/compact');
    await until('its room is smaller', async () => {
      return (await b.metric('syncline_room_bytes')) < before / 10;
    });
    const fresh = await b.yWebsocket('document').synced();
    expect(fresh.content).toBe('left');
  });
});
