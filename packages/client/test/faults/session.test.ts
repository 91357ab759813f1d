import type { ServerMessageOf } from '@syncline/protocol';
import { sleep, until } from '@syncline/testing';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import type { OfflineDocument, OfflineStore, Position } from '../../src/index.ts';
import { provide, textOf } from '../harness.ts';
import { ALL_RIGHTS, attachedTo, ScriptedServer } from '../scripted-server.ts';

const documentId = 'notes';
const transports = ['web-socket'] as const;
const BROKEN = Uint8Array.of(1, 1, 1, 0, 4);

function updateWith(text: string): Uint8Array {
  const doc = new Y.Doc();
  textOf(doc).insert(0, text);
  return Y.encodeStateAsUpdate(doc);
}

function attached(channel: number, epoch: string, head: number): ServerMessageOf<'attached'> {
  return {
    type: 'attached',
    channel,
    epoch,
    head,
    rights: ALL_RIGHTS,
    stateVector: Uint8Array.of(0),
  };
}

const detached = (channel: number, code: string): ServerMessageOf<'detached'> => ({
  type: 'detached',
  channel,
  code,
  message: 'for people',
  retry: true,
  retryAfterMs: 0,
});

describe('a session', () => {
  it.each(['entries', 'checkpoint'] as const)(
    'does not move its cursor past %s that cannot be read (E7)',
    async (type) => {
      const update = updateWith('whole');
      const part = (channel: number, bytes: Uint8Array) =>
        type === 'entries'
          ? ({ type, channel, from: 0, to: 3, update: bytes } as const)
          : ({ type, channel, seq: 3, encoding: 'identity', bytes } as const);
      const server = await ScriptedServer.start({
        attach: ({ channel }) => [
          attached(channel, 'e', 3),
          part(channel, channel === 1 ? BROKEN : update),
          { type: 'synced', channel, seq: 3 },
        ],
      });
      const provider = provide({ url: server.url, documentId, transports });
      await provider.whenSynced;
      expect(server.all('attach').map(({ since }) => since)).toEqual([0, 0]);
      expect(textOf(provider.doc).toString()).toBe('whole');
    },
  );

  it('begins anew behind a gap: announces itself, and says that it loads (E4)', async () => {
    const server = await ScriptedServer.start();
    const provider = provide({ url: server.url, documentId, transports });
    provider.awareness.setLocalState({ name: 'Ada' });
    await provider.whenSynced;
    await until('it is announced', () => server.all('awareness').length > 0);
    const states: string[] = [];
    provider.on('state', ({ status }) => states.push(status));
    const passedOn = provider.send('topic', 'nobody answers this', { ack: true });
    server.say({ type: 'entries', channel: 1, from: 5, to: 6, update: updateWith('x') });
    await until('it is back', () => states.at(-1) === 'live');
    expect(states).toEqual(['syncing', 'live']);
    expect(server.all('attach').map(({ channel }) => channel)).toEqual([1, 2]);
    await until('it is announced', () => server.all('awareness').at(-1)?.channel === 2);
    expect(await passedOn).toBe(false);
    expect(textOf(provider.doc).toString()).toBe('');
  });

  it('tells who waits for a save that the copy was put away', async () => {
    const server = await ScriptedServer.start({ update: () => [] });
    const provider = provide({ url: server.url, documentId, transports });
    await provider.whenSynced;
    textOf(provider.doc).insert(0, 'x');
    const saved = provider.saved();
    const told = expect(saved).rejects.toMatchObject({ code: 'document-reset' });
    server.script = {
      attach: ({ channel, epoch }) =>
        epoch === 'f'
          ? [attached(channel, 'f', 0), { type: 'synced', channel, seq: 0 }]
          : [{ type: 'reset', channel, epoch: 'f' }],
    };
    server.say(detached(1, 'document-replaced'));
    await told;
  });

  it('is not begun for a copy that is being put away', async () => {
    const store = new SlowStore();
    const server = await ScriptedServer.start();
    const provider = provide({ url: server.url, documentId, transports, offline: store });
    await provider.whenSynced;
    textOf(provider.doc).insert(0, 'x');
    await provider.saved();
    const resets: string[] = [];
    provider.on('reset', ({ code }) => resets.push(code));
    server.script = {
      attach: ({ channel, stateVector }) =>
        stateVector.length === 1
          ? [attached(channel, 'f', 0), { type: 'synced', channel, seq: 0 }]
          : [{ type: 'reset', channel, epoch: 'f' }],
    };
    store.hold();
    server.say(detached(1, 'document-replaced'));
    await until('it is put away', () => store.isPuttingAway);
    provider.connect();
    server.say({
      type: 'goodbye',
      code: 'server-stopping',
      message: '',
      retry: true,
      retryAfterMs: 0,
    });
    await until('the connection is back', () => server.all('hello').length === 2);
    await sleep(50);
    store.release();
    await until('it is live', () => provider.synced);
    expect(resets).toEqual(['document-reset']);
    // The first one, the one that met the reset, and that of the new copy.
    expect(server.all('attach')).toHaveLength(3);
  });

  it('writes nothing into a copy that was put away', async () => {
    const store = new SlowStore();
    const server = await ScriptedServer.start({
      attach: ({ channel }) => [
        attached(channel, 'e', 3),
        { type: 'entries', channel, from: 0, to: 3, update: updateWith('whole') },
        { type: 'synced', channel, seq: 3 },
      ],
      update: ({ channel, number }) => [
        { type: 'rejected', channel, number, code: 'update-refused', message: '' },
      ],
    });
    const provider = provide({ url: server.url, documentId, transports, offline: store });
    await provider.whenSynced;
    const { doc } = provider;
    textOf(doc).insert(0, 'x');
    await until('it is another', () => provider.doc !== doc);
    const log = store.documents[0]?.log ?? [];
    expect(log).toContain('put away');
    expect(log.slice(log.indexOf('put away') + 1)).toEqual(['closed']);
  });

  it('is not saved before the stored copy was read', async () => {
    const store = new SlowStore();
    store.position = { epoch: '', cursor: 0, unsavedBytes: 20, savedVector: Uint8Array.of(0) };
    store.updates = [updateWith('of yesterday')];
    const server = await ScriptedServer.start({ update: () => [] });
    const provider = provide({ url: server.url, documentId, transports, offline: store });
    const outcome = outcomeOf(provider.saved());
    await until('it is sent', () => server.all('update').length > 0);
    expect(outcome.isSaved).toBe(false);
    server.say({ type: 'ack', channel: 1, through: 1, seq: 1 });
    await until('it is saved', () => outcome.isSaved);
  });

  it('numbers updates from 1 in each session, and answers of an older one say nothing', async () => {
    const server = await ScriptedServer.start({ update: () => [] });
    const provider = provide({ url: server.url, documentId, transports });
    await provider.whenSynced;
    textOf(provider.doc).insert(0, 'x');
    await until('it is sent', () => server.all('update').length === 1);
    const outcome = outcomeOf(provider.saved());
    server.say(detached(1, 'internal'));
    await until('it is sent again', () => server.all('update').length === 2);
    expect(server.all('update').map(({ channel, number }) => [channel, number])).toEqual([
      [1, 1],
      [2, 1],
    ]);
    server.say({ type: 'ack', channel: 1, through: 1, seq: 7 });
    await sleep(50);
    expect(outcome.isSaved).toBe(false);
    server.say({ type: 'ack', channel: 2, through: 1, seq: 1 });
    await until('it is saved', () => outcome.isSaved);
    server.script = { attach: ({ channel }) => attachedTo(channel) };
    server.say(detached(2, 'internal'));
    await until('it is attached again', () => server.all('attach').length === 3);
    expect(server.all('attach').at(-1)?.since).toBe(1);
  });
});

/** What has come of a promise by now. */
function outcomeOf(saved: Promise<void>): { readonly isSaved: boolean } {
  const outcome = { isSaved: false };
  void (async () => {
    await saved;
    outcome.isSaved = true;
  })();
  return outcome;
}

/** A store whose put-away can be held, and that knows what it was told. */
class SlowStore implements OfflineStore {
  readonly documents: (OfflineDocument & { readonly log: string[] })[] = [];
  position: Position = { epoch: '', cursor: 0, unsavedBytes: 0, savedVector: Uint8Array.of(0) };
  updates: readonly Uint8Array[] = [];
  isPuttingAway = false;
  #gate: Promise<void> = Promise.resolve();
  #open: () => void = () => {};

  hold(): void {
    this.#gate = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  release(): void {
    this.#open();
  }

  async open(): Promise<OfflineDocument> {
    await sleep(20);
    const log: string[] = [];
    const document = {
      log,
      updates: this.updates,
      position: this.position,
      write: () => void log.push('written'),
      flush: async () => {},
      putAway: async () => {
        this.isPuttingAway = true;
        await this.#gate;
        log.push('put away');
      },
      close: async () => void log.push('closed'),
    };
    this.documents.push(document);
    return document;
  }
}
