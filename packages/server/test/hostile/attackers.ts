import {
  decodeServerMessage,
  ERROR_CODES,
  type ErrorCode,
  encodeBody,
  encodeClientMessage,
  PROTOCOL_VERSIONS,
  SUBPROTOCOL,
  type SynclineClientMessage,
  type SynclineServerMessage,
} from '@syncline/protocol';
import { sleep, until } from '@syncline/testing';
import { createDecoder, type Decoder, hasContent, readVarString, readVarUint } from 'lib0/decoding';
import { encode, writeVarString, writeVarUint, writeVarUint8Array } from 'lib0/encoding';
import { WebSocket } from 'ws';

export type DialectName = 'y-websocket' | 'hocuspocus' | 'syncline' | 'syncline-http';

export const DIALECTS: readonly DialectName[] = [
  'y-websocket',
  'hocuspocus',
  'syncline',
  'syncline-http',
];

/** What an update that was refused is answered with and the session outlives. */
const REJECTED = new Set<string>([
  'read-only',
  'update-refused',
  'update-too-large',
  'document-too-large',
  'clock-jump',
  'too-many-new-documents',
  'storage-quota-exceeded',
]);

/** How a dialect says an error code, as {@link Attacker.refusals} has it. */
export function refusalOf(code: ErrorCode, dialect: DialectName): string {
  const { close, hocuspocus } = ERROR_CODES[code];
  if (dialect === 'y-websocket') {
    return code === 'read-only' ? `denied ${code}` : `closed ${close} ${code}`;
  }
  if (dialect === 'hocuspocus') {
    if (hocuspocus === 'status') return 'status 0';
    return hocuspocus === 'deny' ? `denied ${code}` : `closed ${hocuspocus} ${code}`;
  }
  if (REJECTED.has(code)) return `rejected ${code}`;
  return code === 'malformed-frame' ? `goodbye ${code}` : `detached ${code}`;
}

const EMPTY_STATE_VECTOR = Uint8Array.of(0);

export interface AttackOptions {
  readonly documentId?: string;
  readonly token?: string;
  /** What a proxy says of where it comes from. */
  readonly address?: string;
}

/** Somebody who writes frames by hand, on one document in one dialect. */
export abstract class Attacker {
  /** What the server said no to, in order: `closed 4400 malformed-frame`, `denied access-denied`. */
  readonly refusals: string[] = [];
  /** All frames of the server, in order. */
  readonly frames: Uint8Array[] = [];
  readonly documentId: string;
  readonly token: string;

  constructor({ documentId = 'attacked', token = '' }: AttackOptions) {
    this.documentId = documentId;
    this.token = token;
  }

  abstract send(frame: Uint8Array | string): void;
  abstract readonly isGone: boolean;
  /** Says who it is, and waits for the document; or for being refused. */
  abstract attach(): Promise<void>;
  abstract syncStep1(stateVector: Uint8Array): void;
  abstract syncStep2(update: Uint8Array): void;
  abstract update(update: Uint8Array): void;
  /** @param entries as y-protocols encodes them. */
  abstract awareness(entries: Uint8Array): void;
  abstract destroy(): void;

  /** Waits for the first refusal. */
  async refusal(timeoutMs?: number): Promise<string> {
    await until('a refusal', () => this.refusals.length > 0, timeoutMs);
    return this.refusals[0] as string;
  }

  /** Asks for the document, and waits for its text: all that was sent before it was taken by then. */
  async heard(text: string): Promise<void> {
    const before = this.frames.length;
    this.syncStep1(EMPTY_STATE_VECTOR);
    const holdsText = (frame: Uint8Array) => Buffer.from(frame).includes(text);
    await until('the document', () => this.frames.slice(before).some(holdsText));
  }

  async gone(timeoutMs?: number): Promise<void> {
    await until('the connection is gone', () => this.isGone, timeoutMs);
  }
}

abstract class WebSocketAttacker extends Attacker {
  readonly socket: WebSocket;
  protected opened = false;
  #gone = false;

  constructor(url: string, options: AttackOptions, protocols: string[] = []) {
    super(options);
    const { address } = options;
    const headers = address === undefined ? {} : { 'x-forwarded-for': address };
    this.socket = new WebSocket(url, protocols, { perMessageDeflate: false, headers });
    this.socket.on('open', () => {
      this.opened = true;
    });
    this.socket.on('message', (data: Buffer) => {
      const frame = new Uint8Array(data);
      this.frames.push(frame);
      this.hear(frame);
    });
    this.socket.on('error', () => {});
    this.socket.on('close', (code, reason) => {
      this.#gone = true;
      this.refusals.push(`closed ${code} ${reason.toString().split(':')[0]}`);
    });
  }

  get isGone(): boolean {
    return this.#gone;
  }

  send(frame: Uint8Array | string): void {
    this.socket.send(frame);
  }

  destroy(): void {
    this.socket.terminate();
  }

  protected abstract hear(frame: Uint8Array): void;

  protected async open(): Promise<void> {
    await until('the socket is open', () => this.opened || this.#gone);
  }

  protected async until(condition: () => boolean): Promise<void> {
    await until('an answer', () => condition() || this.refusals.length > 0);
  }
}

/** A message of y-websocket with one byte field. */
export function yFrame(type: number, step: number | undefined, body: Uint8Array): Uint8Array {
  return encode((encoder) => {
    writeVarUint(encoder, type);
    if (step !== undefined) writeVarUint(encoder, step);
    writeVarUint8Array(encoder, body);
  });
}

export class YWebsocketAttacker extends WebSocketAttacker {
  constructor(url: string, options: AttackOptions = {}) {
    const { documentId = 'attacked', token } = options;
    const query = token === undefined ? '' : `?token=${encodeURIComponent(token)}`;
    super(`${url}/${encodeURIComponent(documentId)}${query}`, options);
  }

  async attach(): Promise<void> {
    await this.open();
    this.syncStep1(EMPTY_STATE_VECTOR);
    await this.until(() => this.frames.some(([type, step]) => type === 0 && step === 1));
  }

  syncStep1(stateVector: Uint8Array): void {
    this.send(yFrame(0, 0, stateVector));
  }

  syncStep2(update: Uint8Array): void {
    this.send(yFrame(0, 1, update));
  }

  update(update: Uint8Array): void {
    this.send(yFrame(0, 2, update));
  }

  awareness(entries: Uint8Array): void {
    this.send(yFrame(1, undefined, entries));
  }

  protected hear(frame: Uint8Array): void {
    if (frame[0] !== 2) return;
    const decoder = createDecoder(frame);
    readVarUint(decoder);
    readVarUint(decoder);
    this.refusals.push(`denied ${readVarString(decoder).split(':')[0]}`);
  }
}

export class HocuspocusAttacker extends WebSocketAttacker {
  /** Scopes with which it was let in. */
  readonly scopes: string[] = [];
  readonly statuses: number[] = [];

  constructor(url: string, options: AttackOptions = {}) {
    super(`${url}/collab`, options);
  }

  async attach(): Promise<void> {
    await this.open();
    this.authenticate();
    await this.until(() => this.scopes.length > 0);
  }

  authenticate(key = this.documentId, token = this.token): void {
    this.sendKeyed(key, 2, 0, token);
  }

  syncStep1(stateVector: Uint8Array): void {
    this.sendKeyed(this.documentId, 0, 0, stateVector);
  }

  syncStep2(update: Uint8Array): void {
    this.sendKeyed(this.documentId, 0, 1, update);
  }

  update(update: Uint8Array): void {
    this.sendKeyed(this.documentId, 0, 2, update);
  }

  awareness(entries: Uint8Array): void {
    this.sendKeyed(this.documentId, 1, entries);
  }

  /** Sends a frame of a key, numbers, and byte fields or strings. */
  sendKeyed(key: string, ...fields: (number | string | Uint8Array)[]): void {
    this.send(
      encode((encoder) => {
        writeVarString(encoder, key);
        for (const field of fields) {
          if (typeof field === 'number') writeVarUint(encoder, field);
          else if (typeof field === 'string') writeVarString(encoder, field);
          else writeVarUint8Array(encoder, field);
        }
      }),
    );
  }

  protected hear(frame: Uint8Array): void {
    if (frame.length === 1) return;
    const decoder = createDecoder(frame);
    readVarString(decoder);
    const type = readVarUint(decoder);
    if (type === 2) this.#hearAuth(decoder);
    if (type === 8) {
      const status = readVarUint(decoder);
      this.statuses.push(status);
      if (status === 0) this.refusals.push('status 0');
    }
  }

  #hearAuth(decoder: Decoder): void {
    const type = readVarUint(decoder);
    if (!hasContent(decoder)) return;
    const text = readVarString(decoder);
    if (type === 1) this.refusals.push(`denied ${text.split(':')[0]}`);
    else if (type === 2) this.scopes.push(text);
  }
}

/** What both transports of `syncline.v1` have in common. The document is on channel 1. */
interface SynclineVoice {
  say(message: SynclineClientMessage): void;
}

function helloOf(token: string): SynclineClientMessage {
  return {
    type: 'hello',
    versions: PROTOCOL_VERSIONS,
    clientName: 'attacker',
    clientVersion: '',
    schemaVersion: 0,
    token,
  };
}

function attachOf(documentId: string, channel = 1): SynclineClientMessage {
  return {
    type: 'attach',
    channel,
    documentId,
    epoch: '',
    since: 0,
    stateVector: EMPTY_STATE_VECTOR,
    replay: 0,
  };
}

const NO = new Set<string>(['goodbye', 'rejected', 'detached', 'token-refused']);

function refusalIn(message: SynclineServerMessage): string | undefined {
  return NO.has(message.type) && 'code' in message ? `${message.type} ${message.code}` : undefined;
}

export class SynclineAttacker extends WebSocketAttacker implements SynclineVoice {
  readonly received: SynclineServerMessage[] = [];
  #number = 0;

  constructor(url: string, options: AttackOptions = {}) {
    super(`${url}/v1/sync`, options, [SUBPROTOCOL]);
  }

  async greet(): Promise<void> {
    await this.open();
    this.say(helloOf(this.token));
    await this.until(() => this.received.length > 0);
  }

  async attach(): Promise<void> {
    await this.greet();
    this.say(attachOf(this.documentId));
    await this.until(() => this.received.some(({ type }) => type === 'synced'));
  }

  say(message: SynclineClientMessage): void {
    this.send(encodeClientMessage(message));
  }

  /** This dialect asks with `attach`: a second session on a channel of its own. */
  syncStep1(stateVector: Uint8Array): void {
    const channel = 1_000 + ++this.#channels;
    const attach = { ...attachOf(this.documentId, channel), stateVector };
    this.say(attach as SynclineClientMessage);
  }
  #channels = 0;

  syncStep2(update: Uint8Array): void {
    this.update(update);
  }

  update(update: Uint8Array): void {
    this.say({ type: 'update', channel: 1, number: ++this.#number, update });
  }

  awareness(entries: Uint8Array): void {
    this.send(
      encode((encoder) => {
        writeVarUint(encoder, 51);
        writeVarUint(encoder, 1);
        writeVarUint8Array(encoder, entries);
      }),
    );
  }

  protected hear(frame: Uint8Array): void {
    const message = decodeServerMessage(frame);
    this.received.push(message);
    const refusal = refusalIn(message);
    if (refusal !== undefined) this.refusals.push(refusal);
  }
}

/** The same over HTTP: a request for each frame, and polls. */
export class SynclineHttpAttacker extends Attacker implements SynclineVoice {
  readonly received: SynclineServerMessage[] = [];
  id: string | undefined;
  readonly #url: string;
  readonly #abort = new AbortController();
  #numbers = { request: 0, update: 0, channel: 1_000 };
  #sending: Promise<void> = Promise.resolve();
  #isGone = false;

  constructor(url: string, options: AttackOptions = {}) {
    super(options);
    this.#url = `${url.replace(/^ws/, 'http')}/v1/sync`;
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  async greet(): Promise<void> {
    const response = await this.request('', {
      method: 'POST',
      body: Buffer.from(encodeBody([encodeClientMessage(helloOf(this.token))])),
    });
    if (!response.ok) {
      this.refusals.push(`http ${response.status}`);
      return;
    }
    this.id = response.headers.get('syncline-connection') ?? undefined;
    this.#hear(new Uint8Array(await response.arrayBuffer()));
    void this.#poll();
  }

  async attach(): Promise<void> {
    await this.greet();
    if (this.refusals.length > 0) return;
    this.say(attachOf(this.documentId));
    await until(
      'an answer',
      () => this.received.some(({ type }) => type === 'synced') || this.refusals.length > 0,
    );
  }

  say(message: SynclineClientMessage): void {
    this.send(encodeClientMessage(message));
  }

  send(frame: Uint8Array | string): void {
    const body = typeof frame === 'string' ? Buffer.from(frame) : encodeBody([frame]);
    const number = ++this.#numbers.request;
    const before = this.#sending;
    this.#sending = (async () => {
      await before;
      await this.#post(number, body);
    })();
  }

  syncStep1(stateVector: Uint8Array): void {
    const channel = ++this.#numbers.channel;
    this.say({ ...attachOf(this.documentId, channel), stateVector } as SynclineClientMessage);
  }

  syncStep2(update: Uint8Array): void {
    this.update(update);
  }

  update(update: Uint8Array): void {
    this.say({ type: 'update', channel: 1, number: ++this.#numbers.update, update });
  }

  awareness(entries: Uint8Array): void {
    this.send(
      encode((encoder) => {
        writeVarUint(encoder, 51);
        writeVarUint(encoder, 1);
        writeVarUint8Array(encoder, entries);
      }),
    );
  }

  async request(path: string, init: RequestInit): Promise<Response> {
    return await fetch(`${this.#url}${path}`, { ...init, signal: this.#abort.signal });
  }

  destroy(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#abort.abort();
    void fetch(`${this.#url}/${this.id}`, { method: 'DELETE' }).catch(() => {});
  }

  async #poll(): Promise<void> {
    let after = '0';
    while (!this.#isGone) {
      const response = await this.request(`/${this.id}?after=${after}`, {}).catch(() => undefined);
      if (response === undefined || !response.ok) break;
      this.#hear(new Uint8Array(await response.arrayBuffer()));
      after = response.headers.get('syncline-next') ?? after;
      await sleep(1);
    }
    this.#isGone = true;
  }

  async #post(number: number, body: Uint8Array): Promise<void> {
    const init = { method: 'POST', body: Buffer.from(body) };
    const response = await this.request(`/${this.id}?n=${number}`, init).catch(() => undefined);
    if (response !== undefined && !response.ok) this.refusals.push(`http ${response.status}`);
  }

  #hear(body: Uint8Array): void {
    const decoder = createDecoder(body);
    while (hasContent(decoder)) {
      const length = readVarUint(decoder);
      const frame = body.slice(decoder.pos, decoder.pos + length);
      decoder.pos += length;
      this.frames.push(frame);
      const message = decodeServerMessage(frame);
      this.received.push(message);
      const refusal = refusalIn(message);
      if (refusal !== undefined) this.refusals.push(refusal);
    }
  }
}

const ATTACKERS = {
  'y-websocket': YWebsocketAttacker,
  hocuspocus: HocuspocusAttacker,
  syncline: SynclineAttacker,
  'syncline-http': SynclineHttpAttacker,
} as const;

export type AttackerOf<D extends DialectName> = InstanceType<(typeof ATTACKERS)[D]>;

/** @param url `ws://HOST:PORT` */
export function makeAttacker<D extends DialectName>(
  dialect: D,
  url: string,
  options: AttackOptions = {},
): AttackerOf<D> {
  return new ATTACKERS[dialect](url, options) as AttackerOf<D>;
}
