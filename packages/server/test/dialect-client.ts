import { parseDocumentId } from '@syncline/protocol';
import type { DocumentStore } from '@syncline/storage';
import {
  GoodbyeError,
  HocuspocusClient,
  StockClient,
  SynclineClient,
  type SynclineSession,
  type TransportName,
  until,
} from '@syncline/testing';
import { readVarString, readVarUint } from 'lib0/decoding';
import { afterEach } from 'vitest';
import * as Y from 'yjs';
import { createJwtAuthenticator, mintToken, type RuleSource, Rules } from '../src/index-access.ts';
import { type Harness, startHarness } from './harness.ts';

export const DIALECTS = [
  'y-websocket 3',
  'y-websocket 2',
  'Hocuspocus 4',
  'Hocuspocus 3',
  'syncline.v1',
  'syncline.v1 over HTTP',
] as const;

export type DialectName = (typeof DIALECTS)[number];

/** A client of any dialect, as far as they are alike. */
export interface DialectClient {
  readonly doc: Y.Doc;
  readonly isSynced: boolean;
  /** The codes with which it was refused or ended, in no particular order. */
  readonly refusals: readonly string[];
  /** How often it was told that it may not change the document. */
  readonly readOnlyTold: number;
  /** Writes at the end, and sends it also where a client that knows its rights would not. */
  write(text: string): void;
  /** Sends its awareness state. */
  announce(state: Record<string, unknown>): void;
  /** The awareness states that it sees, its own as well. */
  readonly states: ReadonlyMap<number, Record<string, unknown>>;
  destroy(): void;
}

export interface ConnectOptions {
  readonly token?: string;
  /** What a Hocuspocus client gives when it is asked again. */
  readonly nextToken?: () => Promise<string>;
  readonly doc?: Y.Doc;
}

const cleanups: (() => void)[] = [];

afterEach(() => {
  for (const cleanUp of cleanups.splice(0)) cleanUp();
});

/** Begins to connect; `syncline.v1` has been answered when this resolves. */
export async function connect(
  dialect: DialectName,
  url: string,
  documentId: string,
  options: ConnectOptions = {},
): Promise<DialectClient> {
  const client = await KINDS[dialect](url, documentId, options);
  cleanups.push(() => client.destroy());
  return client;
}

type Connect = (
  url: string,
  documentId: string,
  options: ConnectOptions,
) => DialectClient | Promise<DialectClient>;

const KINDS: Record<DialectName, Connect> = {
  'y-websocket 3': (...at) => yWebsocket(3, ...at),
  'y-websocket 2': (...at) => yWebsocket(2, ...at),
  'Hocuspocus 4': (...at) => hocuspocus(4, ...at),
  'Hocuspocus 3': (...at) => hocuspocus(3, ...at),
  'syncline.v1': (...at) => syncline('websocket', ...at),
  'syncline.v1 over HTTP': (...at) => syncline('http-poll', ...at),
};

function yWebsocket(
  version: 2 | 3,
  url: string,
  documentId: string,
  { token, doc }: ConnectOptions,
): DialectClient {
  const client = new StockClient(url, documentId, {
    version,
    ...(token !== undefined && { params: { token } }),
    ...(doc && { doc }),
  });
  const refusals: string[] = [];
  client.provider.on('connection-close', (event) => {
    if (event?.reason) refusals.push(codeOf(event.reason));
  });
  return {
    doc: client.doc,
    get isSynced() {
      return client.provider.synced;
    },
    get refusals() {
      return [...refusals, ...client.denials.map(codeOf).filter((code) => code !== 'read-only')];
    },
    get readOnlyTold() {
      return client.denials.map(codeOf).filter((code) => code === 'read-only').length;
    },
    write: (text) => append(client.doc, text),
    announce: (state) => client.provider.awareness.setLocalState(state),
    get states() {
      return client.provider.awareness.getStates() as Map<number, Record<string, unknown>>;
    },
    destroy: () => client.destroy(),
  };
}

const SYNC_STATUS = 8;

function hocuspocus(
  version: 3 | 4,
  url: string,
  documentId: string,
  { token, nextToken, doc }: ConnectOptions,
): DialectClient {
  let first = true;
  const client = new HocuspocusClient(url, documentId, {
    version,
    token: async () => {
      if (!first && nextToken !== undefined) return await nextToken();
      first = false;
      return token ?? '';
    },
    ...(doc && { doc }),
  });
  let readOnlyTold = 0;
  client.provider.on('message', ({ message }: { message: { decoder: never } }) => {
    readVarString(message.decoder);
    if (readVarUint(message.decoder) === SYNC_STATUS && readVarUint(message.decoder) === 0) {
      readOnlyTold++;
    }
  });
  return {
    doc: client.doc,
    get isSynced() {
      return client.provider.synced;
    },
    get refusals() {
      const reasons = [
        ...client.authenticationFailed,
        ...client.closes.map(({ reason }) => reason),
      ];
      return reasons.filter((reason) => reason !== '').map(codeOf);
    },
    get readOnlyTold() {
      return readOnlyTold;
    },
    write: (text) => append(client.doc, text),
    announce: (state) => client.provider.awareness?.setLocalState(state),
    get states() {
      return client.provider.awareness?.getStates() as Map<number, Record<string, unknown>>;
    },
    destroy: () => client.destroy(),
  };
}

async function syncline(
  transport: TransportName,
  url: string,
  documentId: string,
  { token, doc = new Y.Doc() }: ConnectOptions,
): Promise<DialectClient> {
  let client: SynclineClient | undefined;
  let session: SynclineSession | undefined;
  let goodbye: string | undefined;
  try {
    client = await SynclineClient.connect(url, {
      transport,
      ...(token !== undefined && { token }),
    });
    session = await client.attach(documentId, { doc });
  } catch (error) {
    if (!(error instanceof GoodbyeError)) throw error;
    goodbye = error.goodbye.code;
  }
  return {
    doc,
    get isSynced() {
      return session?.state === 'attached' && session.syncedAt !== undefined;
    },
    get refusals() {
      const codes = (session?.all('detached') ?? []).map(({ code }) => code as string);
      return goodbye === undefined ? codes : [...codes, goodbye];
    },
    get readOnlyTold() {
      return (session?.all('rejected') ?? []).filter(({ code }) => code === 'read-only').length;
    },
    write: (text) => {
      append(doc, text);
      if (session?.state === 'attached' && !session.rights.write) {
        session.sendUpdate(Y.encodeStateAsUpdate(doc));
      }
    },
    announce: (state) => session?.awareness.setLocalState(state),
    get states() {
      return session?.awareness.getStates() as Map<number, Record<string, unknown>>;
    },
    destroy: () => {
      client?.destroy();
      doc.destroy();
    },
  };
}

export async function synced(client: DialectClient): Promise<DialectClient> {
  await until('the client is synced', () => client.isSynced || client.refusals.length > 0);
  if (!client.isSynced) throw new Error(`the client was refused: ${client.refusals.join(', ')}`);
  return client;
}

export function textOf(doc: Y.Doc): string {
  return doc.getText('text').toString();
}

export async function hasText(doc: Y.Doc, text: string): Promise<void> {
  await until(`the document has "${text}"`, () => textOf(doc) === text).catch((error: unknown) => {
    throw new Error(`${String(error)}; it has "${textOf(doc)}"`);
  });
}

function append(doc: Y.Doc, text: string): void {
  const target = doc.getText('text');
  target.insert(target.length, text);
}

function codeOf(reason: string): string {
  return reason.split(':')[0] as string;
}

/** The text that is stored. */
export async function storedText(store: DocumentStore, documentId: string): Promise<string> {
  const stored = await store.load(parseDocumentId(documentId));
  const doc = new Y.Doc();
  if (stored?.checkpoint !== undefined) Y.applyUpdate(doc, stored.checkpoint.update);
  for (const { update } of stored?.tail ?? []) Y.applyUpdate(doc, update);
  return textOf(doc);
}

export async function isStored(
  store: DocumentStore,
  documentId: string,
  text: string,
): Promise<void> {
  await until(`"${text}" is stored`, async () => (await storedText(store, documentId)) === text);
}

const SECRET = 'a secret that has thirty-two bytes, and some more';

/** Everybody may read, editors may write, admins may administer. */
export const EDITORS_WRITE: readonly RuleSource[] = [
  {
    document: '**',
    read: 'true',
    write: "user != null && user.role in ['editor', 'admin']",
    awareness: 'user != null',
    broadcast: 'user != null',
    admin: "user != null && user.role == 'admin'",
  },
];

export async function tokenOf(
  user: string,
  role: string,
  ttlSeconds = 600,
  secret = SECRET,
): Promise<string> {
  return await mintToken({ secret, user, ttlSeconds, claims: { role } });
}

export interface GuardedHarness extends Harness {
  /** Puts other rules in force while the server runs. */
  readonly setRules: (rules: readonly RuleSource[]) => Promise<void>;
}

/** A server that knows who somebody is by tokens of {@link tokenOf}. */
export async function startGuarded({
  rules = EDITORS_WRITE,
  allowAnonymous = true,
  ...options
}: Omit<Parameters<typeof startHarness>[0] & object, 'rules'> & {
  readonly rules?: readonly RuleSource[];
  readonly allowAnonymous?: boolean;
} = {}): Promise<GuardedHarness> {
  let current = rules;
  const harness = await startHarness({
    ...options,
    authenticator: createJwtAuthenticator({
      secret: SECRET,
      allowAnonymous,
      clockToleranceSeconds: 0,
    }),
    rules: Rules.from(rules),
    reload: async () => ({ rules: Rules.from(current) }),
  });
  const setRules = async (next: readonly RuleSource[]) => {
    current = next;
    await harness.server.reload();
  };
  return { ...harness, setRules };
}
