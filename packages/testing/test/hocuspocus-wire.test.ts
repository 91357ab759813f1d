import * as provider4 from '@hocuspocus/provider';
import {
  decodeHocuspocus,
  encodeAwareness,
  encodeHocuspocus,
  encodeHocuspocusPing,
  type HocuspocusFrame,
  type HocuspocusServerMessage,
} from '@syncline/protocol';
import * as provider3 from 'hocuspocus-provider-3';
import { afterEach, expect, it } from 'vitest';
import * as Y from 'yjs';
import { until } from '../src/until.ts';

/** A browser's WebSocket as far as the provider uses it, with the test at the other end. */
class ScriptedSocket extends EventTarget {
  static last: ScriptedSocket;
  readyState = 0;
  binaryType = '';
  readonly frames: HocuspocusFrame[] = [];

  constructor() {
    super();
    ScriptedSocket.last = this;
    setTimeout(() => {
      this.readyState = 1;
      this.dispatchEvent(new Event('open'));
    });
  }

  send(frame: Uint8Array): void {
    this.frames.push(decodeHocuspocus(frame));
  }

  receive(frame: Uint8Array): void {
    const data = frame.slice().buffer;
    this.dispatchEvent(Object.assign(new Event('message'), { data }));
  }

  close(): void {
    this.readyState = 3;
  }

  types(): string[] {
    return this.frames.map(({ type }) => type);
  }
}

const cleanUp: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanUp.splice(0)) clean();
});

async function open(version: 3 | 4, options: { readonly sessionAwareness?: boolean } = {}) {
  const { HocuspocusProvider, HocuspocusProviderWebsocket } = version === 3 ? provider3 : provider4;
  const events: unknown[] = [];
  const websocketProvider = new HocuspocusProviderWebsocket({
    url: 'ws://none',
    WebSocketPolyfill: ScriptedSocket,
  });
  const doc = new Y.Doc();
  const provider = new HocuspocusProvider({
    websocketProvider: websocketProvider as never,
    name: 'näme',
    document: doc,
    token: 'secret',
    ...options,
    onAuthenticated: ({ scope }: { scope?: unknown }) => events.push(['authenticated', scope]),
    onAuthenticationFailed: ({ reason }) => events.push(['denied', reason]),
    onStateless: ({ payload }) => events.push(['stateless', payload]),
    onClose: ({ event }) => events.push(['close', event.reason]),
    onSynced: () => events.push(['synced']),
  });
  provider.attach();
  cleanUp.push(() => {
    provider.destroy();
    websocketProvider.destroy();
    doc.destroy();
  });
  const socket = ScriptedSocket.last;
  await until('the client has introduced itself', () => socket.frames.length >= 3);
  const [first] = socket.frames;
  const key = first !== undefined && 'key' in first ? first.key : '';
  const say = (message: HocuspocusServerMessage) => socket.receive(encodeHocuspocus(key, message));
  return { provider, doc, socket, events, key, say };
}

const VERSIONS = [3, 4] as const;

it.each(VERSIONS)('provider %i introduces itself', async (version) => {
  const { socket, key, doc } = await open(version);
  expect(key).toBe('näme');
  expect(socket.frames.slice(0, 3)).toEqual([
    {
      key,
      type: 'auth',
      token: 'secret',
      version: version === 3 ? undefined : expect.stringMatching(/^4\./),
    },
    { key, type: 'sync-step-1', stateVector: Y.encodeStateVector(doc) },
    {
      key,
      type: 'awareness',
      update: encodeAwareness([{ client: doc.clientID, clock: 0, state: '{}' }]),
    },
  ]);
});

it.each(VERSIONS)('provider %i understands what is said to it', async (version) => {
  const { provider, doc, socket, events, say } = await open(version);
  say({ type: 'authenticated', scope: 'readonly' });
  expect(provider.authorizedScope).toBe('readonly');
  const other = new Y.Doc();
  other.getText('text').insert(0, 'theirs');
  say({ type: 'update', update: Y.encodeStateAsUpdate(other) });
  expect(provider.synced).toBe(false);
  say({ type: 'sync-step-2', update: Y.encodeStateAsUpdate(new Y.Doc()) });
  expect(provider.synced).toBe(true);
  expect(doc.getText('text').toString()).toBe('theirs');
  say({ type: 'awareness', entries: [{ client: 7, clock: 1, state: '{"name":"Ada"}' }] });
  expect(provider.awareness?.getStates().get(7)).toEqual({ name: 'Ada' });
  say({ type: 'stateless', payload: 'hello 😀' });
  say({ type: 'permission-denied', reason: 'no longer' });
  say({ type: 'close', reason: 'over' });
  expect(events.filter((event) => Array.isArray(event) && event[0] !== 'authenticated')).toEqual([
    ['synced'],
    ['stateless', 'hello 😀'],
    ['denied', 'no longer'],
    ['close', 'over'],
  ]);
  const before = socket.frames.length;
  say({ type: 'request-token' });
  await until('the token is sent anew', () => socket.frames.length > before);
  expect(socket.frames.at(-1)).toMatchObject({ type: 'auth', token: 'secret' });
});

it.each(VERSIONS)('provider %i counts what is not saved', async (version) => {
  const { provider, doc, socket, say, key } = await open(version);
  const updates: Uint8Array[] = [];
  doc.on('update', (update: Uint8Array) => updates.push(update));
  doc.getText('text').insert(0, 'mine');
  expect(socket.frames.at(-1)).toEqual({ key, type: 'update', update: updates[0] });
  expect(provider.unsyncedChanges).toBe(2);
  say({ type: 'sync-step-1', stateVector: Y.encodeStateVector(new Y.Doc()) });
  expect(socket.frames.at(-1)).toEqual({
    key,
    type: 'sync-step-2',
    update: Y.encodeStateAsUpdate(doc),
  });
  say({ type: 'sync-status', applied: false });
  expect(provider.unsyncedChanges).toBe(2);
  say({ type: 'sync-status', applied: true });
  say({ type: 'sync-status', applied: true });
  expect(provider.unsyncedChanges).toBe(0);
});

it.each(VERSIONS)('provider %i says the rest of what a client may say', async (version) => {
  const { provider, socket, key } = await open(version);
  provider.sendStateless('hello 😀');
  expect(socket.frames.at(-1)).toEqual({ key, type: 'stateless', payload: 'hello 😀' });
  provider.detach();
  expect(socket.frames.at(-1)).toEqual({ key, type: 'close' });
});

it('provider 4 answers a ping, and has a session in its key when it is told to', async () => {
  const { provider, socket, key, say } = await open(4, { sessionAwareness: true });
  expect(key).toMatch(/^näme\0\w+$/);
  socket.receive(encodeHocuspocusPing());
  expect(socket.types().at(-1)).toBe('pong');
  say({ type: 'authenticated', scope: 'read-write' });
  expect(provider.authorizedScope).toBe('read-write');
});
