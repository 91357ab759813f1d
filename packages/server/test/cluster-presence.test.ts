import { sleep, until } from '@syncline/testing';
import { describe, expect, it } from 'vitest';
import { nameAuthenticator } from './clients.ts';
import { type ClusterNode, startCluster } from './cluster.ts';

type Client = ReturnType<ClusterNode['yWebsocket']>;

const stateOf = (viewer: Client, of: Client) =>
  viewer.provider.awareness.getStates().get(of.doc.clientID);
const sees = (viewer: Client, of: Client, name: string) => () =>
  stateOf(viewer, of)?.['name'] === name;
const misses = (viewer: Client, of: Client) => () => stateOf(viewer, of) === undefined;

async function two() {
  const { nodes } = await startCluster(2);
  const [a, b] = nodes as [ClusterNode, ClusterNode];
  const ada = await a.yWebsocket('document').synced();
  const bob = await b.yWebsocket('document').synced();
  ada.provider.awareness.setLocalState({ name: 'Ada' });
  bob.provider.awareness.setLocalState({ name: 'Bob' });
  await until('Bob sees Ada', sees(bob, ada, 'Ada'));
  await until('Ada sees Bob', sees(ada, bob, 'Bob'));
  return { a, b, ada, bob };
}

describe('awareness over nodes', () => {
  it('is one table: who comes, changes and leaves is seen on all', async () => {
    const { a, b, ada, bob } = await two();
    const late = await b.yWebsocket('document').synced();
    await until('who comes late sees Ada', sees(late, ada, 'Ada'));
    ada.provider.awareness.setLocalState({ name: 'Ada L.' });
    await until('the change is seen', sees(bob, ada, 'Ada L.'));
    ada.destroy();
    await until('Bob sees that Ada left', misses(bob, ada));
    expect(sees(late, bob, 'Bob')()).toBe(true);
    expect((await a.yWebsocket('document').synced()).content).toBe('');
  });

  it('is known on a node that opens the document later', async () => {
    const { nodes } = await startCluster(2);
    const [a, b] = nodes as [ClusterNode, ClusterNode];
    const ada = await a.yWebsocket('document').synced();
    ada.provider.awareness.setLocalState({ name: 'Ada' });
    await sleep(100);
    const bob = await b.yWebsocket('document').synced();
    await until('Bob sees Ada', sees(bob, ada, 'Ada'));
  });

  it('does not go to and fro between nodes', async () => {
    const { a, b, ada, bob } = await two();
    await sleep(200);
    const told = () => [a.bus.told.get('awareness'), b.bus.told.get('awareness')];
    const before = told();
    await sleep(300);
    expect(told()).toEqual(before);
    expect(sees(bob, ada, 'Ada')()).toBe(true);
  });

  it('loses the states of a node that is gone, and of no other', async () => {
    const { a, b, ada, bob } = await two();
    const eve = await b.yWebsocket('document').synced();
    eve.provider.awareness.setLocalState({ name: 'Eve' });
    await until('Bob sees Eve', sees(bob, eve, 'Eve'));
    a.bus.loses = () => true; // nothing is said of who leaves
    await a.server.close();
    await until('Bob sees that Ada is gone', misses(bob, ada));
    expect(sees(bob, eve, 'Eve')()).toBe(true);
  });

  it('follows a client that moves to another node', async () => {
    const { a, b, ada, bob } = await two();
    const reader = await a.yWebsocket('document').synced();
    await until('the reader sees Ada', sees(reader, ada, 'Ada'));
    // The same Yjs client on the other node, while its old socket is still there.
    const moved = b.yWebsocket('document', { doc: ada.doc });
    await moved.synced();
    moved.provider.awareness.setLocalState({ name: 'Ada moved' });
    moved.provider.awareness.setLocalState({ name: 'Ada moved' });
    await until('the reader sees it', sees(reader, ada, 'Ada moved'));
    ada.provider.destroy();
    await sleep(200);
    expect(sees(reader, ada, 'Ada moved')()).toBe(true);
    expect(sees(bob, ada, 'Ada moved')()).toBe(true);
  });

  it('is told again when messages were lost', async () => {
    const { a, b, ada, bob } = await two();
    a.bus.loses = () => true;
    ada.provider.awareness.setLocalState({ name: 'Ada L.' });
    await sleep(150);
    expect(sees(bob, ada, 'Ada')()).toBe(true);
    a.bus.loses = () => false;
    b.bus.missed();
    await until('Bob sees it', sees(bob, ada, 'Ada L.'));
  });

  it('lets nobody speak for a client of another user on another node', async () => {
    const { nodes } = await startCluster(2, { authenticator: nameAuthenticator });
    const [a, b] = nodes as [ClusterNode, ClusterNode];
    const ada = a.yWebsocket('document', { params: { token: 'ada' } });
    const reader = b.yWebsocket('document', { params: { token: 'reader' } });
    await Promise.all([ada.synced(), reader.synced()]);
    ada.provider.awareness.setLocalState({ name: 'Ada' });
    await until('the reader sees Ada', sees(reader, ada, 'Ada'));
    expect(stateOf(reader, ada)).toEqual({ name: 'Ada', user: { id: 'ada' } });
    const mallory = b.yWebsocket('document', { params: { token: 'mallory' }, doc: ada.doc });
    await mallory.synced();
    mallory.provider.awareness.meta.set(ada.doc.clientID, { clock: 1000, lastUpdated: 0 });
    mallory.provider.awareness.setLocalState({ name: 'Mallory' });
    await sleep(200);
    expect(stateOf(reader, ada)).toEqual({ name: 'Ada', user: { id: 'ada' } });
  });
});

describe('broadcasts and revocations over nodes', () => {
  it('reach the sessions of all nodes', async () => {
    const { nodes } = await startCluster(3);
    const sessions = await Promise.all(
      nodes.map(async ({ syncline }) => (await (await syncline()).attach('document')).synced()),
    );
    sessions[0]?.broadcast('ping', new Uint8Array([1, 2, 3]));
    for (const session of sessions.slice(1)) {
      await until('it comes', () => session.broadcasts.length > 0);
      expect(session.broadcasts).toMatchObject([
        { topic: 'ping', payload: new Uint8Array([1, 2, 3]) },
      ]);
    }
    expect(sessions[0]?.broadcasts).toEqual([]);
  });

  it('end the sessions of a user and of a document everywhere', async () => {
    const { nodes } = await startCluster(2);
    const [a, b] = nodes as [ClusterNode, ClusterNode];
    const bob = await (await (await b.syncline()).attach('document')).synced();
    const other = await (await (await b.syncline()).attach('other')).synced();
    const response = await fetch(`${a.server.url}/v1/sessions/revoke`, {
      method: 'POST',
      body: JSON.stringify({ document: 'document' }),
    });
    expect(response.status).toBe(200);
    await until('the session has ended', () => bob.detached !== undefined);
    expect(bob.detached?.code).toBe('session-revoked');
    expect(other.detached).toBeUndefined();
  });
});
