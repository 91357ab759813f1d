import { HocuspocusClient, type SynclineSession, until } from '@syncline/testing';
import { describe, expect, it } from 'vitest';
import type { Awareness } from 'y-protocols/awareness';
import { startServerFor } from './clients.ts';

type Clients = Awaited<ReturnType<typeof startServerFor>>;

/** What the clients of all dialects have in common. */
interface Editor {
  readonly name: string;
  readonly text: { insert(index: number, text: string): void; readonly length: number };
  readonly content: string;
  readonly awareness: Awareness;
}

/** One client of every kind that there is, in one document. */
async function editorsOf({ yWebsocket, hocuspocus, socket, syncline }: Clients): Promise<Editor[]> {
  const shared = socket(4);
  const stock = [yWebsocket('document', { version: 2 }), yWebsocket('document', { version: 3 })];
  const hocuspocuses = [
    hocuspocus('document', { version: 3 }),
    hocuspocus('document', { version: 4 }),
    hocuspocus('document', { socket: shared, sessionAwareness: true }),
    hocuspocus('document', { socket: shared, sessionAwareness: true }),
  ];
  for (const client of [...stock, ...hocuspocuses]) await client.synced();
  const sessions: SynclineSession[] = [];
  for (const transport of ['websocket', 'http-stream', 'http-poll'] as const) {
    const client = await syncline({ transport });
    sessions.push(await (await client.attach('document')).synced());
  }
  const clients = [...stock, ...hocuspocuses, ...sessions];
  return clients.map((client, index) => ({
    name: `<${index}>`,
    text: client.text,
    get content() {
      return client.content;
    },
    awareness: 'provider' in client ? (client.provider.awareness as Awareness) : client.awareness,
  }));
}

describe('clients of all dialects in one document', () => {
  it('converge', async () => {
    const editors = await editorsOf(await startServerFor());
    for (let round = 0; round < 5; round++) {
      for (const { text, name } of editors) text.insert(text.length, name);
      if (round % 2 === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const words = editors.length * 5;
    const isWhole = ({ content }: Editor) => content.match(/<\d>/g)?.length === words;
    await until('all have everything', () => editors.every(isWhole));
    await until('all have the same', () => new Set(editors.map((it) => it.content)).size === 1);
  });

  it('see who is there, and who goes', async () => {
    const clients = await startServerFor();
    const editors = await editorsOf(clients);
    for (const { awareness, name } of editors) awareness.setLocalState({ user: { name } });
    const seenBy = ({ awareness }: Editor) =>
      Array.from(awareness.getStates().values(), (state) => String(state['user']?.name)).toSorted();
    const names = editors.map(({ name }) => name);
    await until('all see all', () =>
      editors.every((editor) => seenBy(editor).join() === names.join()),
    );
    const [first, ...others] = editors;
    first?.awareness.setLocalState(null);
    await until('all see that one is gone', () =>
      others.every((editor) => seenBy(editor).join() === names.slice(1).join()),
    );
  });

  it('see that a client is gone whose socket was cut', async () => {
    const { hocuspocus, syncline } = await startServerFor();
    const ada = await hocuspocus('document', { version: 3 }).synced();
    const bob = await (await syncline()).attach('document');
    ada.provider.awareness?.setLocalState({ name: 'Ada' });
    await until('Ada is there', () => bob.awareness.getStates().has(ada.doc.clientID));
    ada.destroy();
    await until('Ada is gone', () => !bob.awareness.getStates().has(ada.doc.clientID));
  });
});

describe('one socket of Hocuspocus', () => {
  it.each([3, 4] as const)('has several documents apart, with provider %i', async (version) => {
    const { socket, hocuspocus, stock } = await startServerFor();
    const shared = socket(version);
    const names = ['a', 'b', 'a/b', 'ä b'];
    const clients = names.map((name) => hocuspocus(name, { socket: shared }));
    await Promise.all(clients.map((client) => client.synced()));
    for (const [index, client] of clients.entries()) client.text.insert(0, names[index] ?? '');
    for (const name of names) await (await stock(name)).hasContent(name);
    await Promise.all(clients.map((client) => client.saved()));
    expect(clients.map((client) => client.content)).toEqual(names);
  });

  it('has one document twice with sessionAwareness, and one of the two can leave', async () => {
    const { socket, hocuspocus } = await startServerFor();
    const shared = socket(4);
    const open = (): HocuspocusClient =>
      hocuspocus('document', { socket: shared, sessionAwareness: true });
    const [ada, bob] = [await open().synced(), await open().synced()];
    ada.text.insert(0, 'hello');
    await bob.hasContent('hello');
    await ada.saved();
    bob.destroy();
    ada.text.insert(5, ' world');
    await ada.saved();
    const eve = await open().synced();
    await eve.hasContent('hello world');
    expect(eve).toBeInstanceOf(HocuspocusClient);
  });
});
