import { sleep, until } from '@syncline/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import * as Y from 'yjs';
import { Answers } from '../src/answers.ts';
import { CommitQueue } from '../src/commit-queue.ts';
import { HocuspocusSession } from '../src/dialects/hocuspocus/hocuspocus-session.ts';
import { SynclineSession } from '../src/dialects/syncline/syncline-session.ts';
import { DocumentLog } from '../src/document-log.ts';
import { Intake } from '../src/intake.ts';
import { Policy } from '../src/policy.ts';
import { AwarenessTable } from '../src/presence/awareness-table.ts';
import { Room } from '../src/room.ts';
import { WebSocketConnection } from '../src/web-socket/web-socket-connection.ts';
import { openBus, openStore } from './backend.ts';
import { startServerFor } from './clients.ts';
import { HeldStore } from './held-store.ts';

/** What one room or session throws ends that room or session: everybody else goes on. */

const fault = (): never => {
  throw new Error('a fault that the test makes');
};

afterEach(() => {
  vi.restoreAllMocks();
});

/** A server with people on two documents, and faults that are noted. */
async function start(options: Parameters<typeof startServerFor>[0] = {}) {
  const server = await startServerFor(options);
  const [ada, bob] = [server.yWebsocket('document'), server.yWebsocket('document')];
  const [eve, joe] = [server.yWebsocket('other'), server.yWebsocket('other')];
  for (const client of [ada, bob, eve, joe]) await client.synced();
  let edits = 0;
  return {
    ...server,
    ada,
    bob,
    eve,
    joe,
    /** Those on the other document edit, and see each other, on the sockets that they had. */
    othersGoOn: async () => {
      const content = `edit ${++edits}`;
      eve.text.delete(0, eve.text.length);
      eve.text.insert(0, content);
      await joe.hasContent(content, 2_000);
      eve.provider.awareness.setLocalState({ edits });
      await until('presence goes on', () =>
        [...joe.provider.awareness.getStates().values()].some((state) => state['edits'] === edits),
      );
      expect([eve.closeCodes, joe.closeCodes]).toEqual([[], []]);
      expect((await fetch(`${server.server.url}/healthz`)).status).toBe(200);
    },
  };
}

describe('a session that throws in', () => {
  const trigger = async (
    { ada, yWebsocket }: Awaited<ReturnType<typeof start>>,
    victim: { readonly doc: Y.Doc },
  ) => {
    victim.doc.getText('text').insert(0, 'theirs ');
    ada.text.insert(0, 'hello ');
    ada.provider.awareness.setLocalState({ name: 'Ada' });
    const other = await yWebsocket('document').synced();
    other.text.insert(0, 'more ');
  };

  it.each(['deliver', 'deliverAwareness', 'acknowledge', 'bufferedBytes'] as const)(
    '%s is ended alone, also when it throws when it is ended',
    async (method) => {
      const harness = await start();
      const { ada, bob, hocuspocus, othersGoOn } = harness;
      const victim = await hocuspocus('document').synced();
      if (method === 'bufferedBytes') {
        vi.spyOn(HocuspocusSession.prototype, method, 'get').mockImplementation(fault);
      } else {
        vi.spyOn(HocuspocusSession.prototype, method).mockImplementation(fault);
      }
      const close = vi.spyOn(HocuspocusSession.prototype, 'close').mockImplementation(fault);
      await trigger(harness, victim);
      await until('it is ended', () => close.mock.calls.length > 0);
      await until('the others have all', () =>
        ['hello', 'more'].every((word) => ada.content.includes(word) && bob.content.includes(word)),
      );
      await until('Bob sees Ada', () => bob.provider.awareness.getStates().has(ada.doc.clientID));
      expect([ada.closeCodes, bob.closeCodes]).toEqual([[], []]);
      await othersGoOn();
    },
  );

  it('created is ended alone, and the entry that made the document is there', async () => {
    const { ada, bob, syncline, othersGoOn } = await start();
    const client = await syncline();
    const session = await client.attach('document');
    vi.spyOn(SynclineSession.prototype, 'created').mockImplementation(fault);
    ada.text.insert(0, 'first');
    await bob.hasContent('first');
    await until('it is told why', () => session.detached?.code === 'internal');
    expect([ada.closeCodes, bob.closeCodes]).toEqual([[], []]);
    await othersGoOn();
  });

  it('deliverBroadcast is ended alone', async () => {
    const { syncline, hocuspocus, othersGoOn } = await start();
    const victim = await hocuspocus('document').synced();
    const [sender, receiver] = [await syncline(), await syncline()];
    const [from, to] = [await sender.attach('document'), await receiver.attach('document')];
    vi.spyOn(HocuspocusSession.prototype, 'deliverBroadcast').mockImplementation(fault);
    from.broadcast('stateless', Uint8Array.of(1), { id: 7 });
    await until('it is passed on', () => to.broadcasts.length === 1);
    await until('it is acknowledged', () => from.all('broadcast-ack').length === 1);
    expect(victim.doc).toBeInstanceOf(Y.Doc);
    await othersGoOn();
  });
});

describe('a room whose', () => {
  const edit = ({ ada }: Awaited<ReturnType<typeof start>>) => ada.text.insert(0, 'hello');
  const show = ({ ada }: Awaited<ReturnType<typeof start>>) =>
    ada.provider.awareness.setLocalState({ name: 'Ada' });
  const join = ({ yWebsocket }: Awaited<ReturnType<typeof start>>) => void yWebsocket('document');

  it.each([
    ['commit cannot be gathered', CommitQueue.prototype, 'gather', edit],
    ['commit cannot be taken in', CommitQueue.prototype, 'take', edit],
    ['log throws when it is committed', DocumentLog.prototype, 'committed', edit],
    ['intake throws', Intake.prototype, 'look', edit],
    ['table of states throws', AwarenessTable.prototype, 'announce', show],
    ['tick of presence throws', AwarenessTable.prototype, 'takeChanges', show],
    ['answer to a join throws', Answers.prototype, 'for', join],
  ] as const)('%s is loaded anew, and loses nothing', async (_, of, method, act) => {
    const harness = await start();
    const { ada, bob, othersGoOn } = harness;
    ada.text.insert(0, 'before ');
    await bob.hasContent('before ');
    await sleep(200); // until nothing is to be told of those who came
    const spy = vi
      .spyOn(of as unknown as Record<string, () => unknown>, method)
      .mockImplementationOnce(fault);
    act(harness);
    await until('it has thrown', () => spy.mock.calls.length > 0);
    await othersGoOn();
    await until('its sessions were ended', () => bob.closeCodes.length > 0);
    expect([1011, 1013]).toContain(bob.closeCodes[0]);
    ada.text.insert(0, 'after ');
    await until('all is there', () =>
      ['before ', 'after ', ...(act === edit ? ['hello'] : [])].every((word) =>
        bob.content.includes(word),
      ),
    );
    expect(ada.content).toBe(bob.content);
    await othersGoOn();
  });

  it('upkeep throws is loaded anew', async () => {
    const { ada, bob, othersGoOn } = await start({ quietMs: 1 });
    ada.text.insert(0, 'before ');
    await bob.hasContent('before ');
    const idle = vi.spyOn(Room.prototype, 'idle', 'get').mockImplementation(function (this: Room) {
      return this.documentId === 'document' ? fault() : false;
    });
    await until('its sessions were ended', () => bob.closeCodes.length > 0);
    idle.mockRestore();
    await ada.hasContent('before ');
    await othersGoOn();
  });

  it('words of another node make it throw is loaded anew, and so is one with a checkpoint', async () => {
    const { ada, bob, othersGoOn } = await start({ quietMs: 600_000 });
    const there = await startServerFor({ store: await openStore(), bus: await openBus() });
    const carol = await there.yWebsocket('document').synced();
    ada.text.insert(0, 'before ');
    await carol.hasContent('before ');
    await sleep(300); // until the nodes have told each other who is there
    const hear = vi.spyOn(AwarenessTable.prototype, 'hear').mockImplementationOnce(fault);
    carol.provider.awareness.setLocalState({ name: 'Carol' });
    await until('its sessions were ended', () => bob.closeCodes.length > 0);
    expect(hear).toHaveBeenCalled();
    await until('it is back', () => bob.provider.synced);
    const rebase = vi.spyOn(DocumentLog.prototype, 'rebase').mockImplementation(fault);
    await there.operator('POST', 'document/compact');
    await until('its sessions were ended again', () => bob.closeCodes.length > 1);
    rebase.mockRestore();
    carol.text.insert(0, 'after ');
    await until(
      'all is there',
      () => ada.content.includes('after ') && bob.content === ada.content,
    );
    await othersGoOn();
  });
});

describe('what serves all connections goes on when one throws', () => {
  it('while none is read, since too much waits for the disk', async () => {
    const store = new HeldStore();
    const { ada, bob, othersGoOn, server } = await start({ store });
    const setReading = vi
      .spyOn(WebSocketConnection.prototype as unknown as Record<string, () => void>, 'setReading')
      .mockImplementationOnce(fault);
    store.hold();
    ada.text.insert(0, 'x'.repeat(17 * 1024 * 1024));
    // The first of them throws; the others are paused.
    await until('they are paused', () => setReading.mock.calls.length >= 4);
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    store.release();
    await until('the first one was ended', () => ada.closeCodes.length > 0);
    expect(ada.closeCodes).toEqual([1011]);
    expect(bob.closeCodes).toEqual([]);
    await othersGoOn();
  });

  it('when rules are read anew', async () => {
    const { server, bob, othersGoOn, ada } = await start({ reload: async () => ({}) });
    const all = { read: true, write: true, awareness: true, broadcast: true, admin: false };
    const spy = vi
      .spyOn(Policy.prototype, 'rightsOf')
      .mockImplementation((_, documentId) => (documentId === 'document' ? fault() : all));
    await server.reload();
    await until('its sessions were ended', () => bob.closeCodes.length > 0);
    await othersGoOn();
    spy.mockRestore();
    ada.text.insert(0, 'back');
    await until('they are back', () => bob.content === 'back');
  });
});
