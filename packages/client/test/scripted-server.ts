import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import {
  type ClientMessageOf,
  decodeClientMessage,
  encodeServerMessage,
  type Rights,
  type ServerMessageOf,
  SUBPROTOCOL,
  type SynclineClientMessage,
  type SynclineServerMessage,
} from '@syncline/protocol';
import { type WebSocket, WebSocketServer } from 'ws';
import { atEnd } from './harness.ts';

export const ALL_RIGHTS: Rights = {
  read: true,
  write: true,
  awareness: true,
  broadcast: true,
  admin: false,
};

export const WELCOME: ServerMessageOf<'welcome'> = {
  type: 'welcome',
  version: 1,
  connectionId: 'c',
  serverVersion: '0',
  userId: '',
  tokenExpiresInMs: 0,
  heartbeatMs: 20_000,
  limits: {
    fragmentBytes: 2 ** 20,
    updateBytes: 2 ** 20,
    documents: 100,
    awarenessBytes: 2 ** 14,
    broadcastBytes: 2 ** 14,
  },
};

type Answer = readonly SynclineServerMessage[];

/** What a scripted server answers. What is left out is done as an empty server would do it. */
export interface Script {
  hello?: (message: ClientMessageOf<'hello'>) => Answer;
  attach?: (message: ClientMessageOf<'attach'>) => Answer;
  update?: (message: ClientMessageOf<'update'>) => Answer;
  ping?: () => Answer;
}

/** A server that says what a test wants it to say: a fault that no real one has when it is wanted. */
export class ScriptedServer {
  readonly received: SynclineClientMessage[] = [];
  script: Script;
  readonly #server = new WebSocketServer({
    port: 0,
    host: '127.0.0.1',
    handleProtocols: () => SUBPROTOCOL,
  });

  private constructor(script: Script) {
    this.script = script;
    this.#server.on('connection', (socket) => {
      socket.on('message', (data: Buffer) => this.#onMessage(socket, new Uint8Array(data)));
    });
  }

  /** One that goes when the test ends. */
  static async start(script: Script = {}): Promise<ScriptedServer> {
    const server = new ScriptedServer(script);
    await once(server.#server, 'listening');
    atEnd(() => server.close());
    return server;
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** How many clients there are now. */
  get clients(): number {
    return this.#server.clients.size;
  }

  all<Type extends SynclineClientMessage['type']>(type: Type): ClientMessageOf<Type>[] {
    return this.received.filter((message) => message.type === type) as ClientMessageOf<Type>[];
  }

  /** Tells all clients. */
  say(...messages: Answer): void {
    for (const socket of this.#server.clients) tell(socket, messages);
  }

  close(): void {
    for (const socket of this.#server.clients) socket.terminate();
    this.#server.close();
  }

  #onMessage(socket: WebSocket, bytes: Uint8Array): void {
    const message = decodeClientMessage(bytes);
    this.received.push(message);
    tell(socket, this.#answer(message));
  }

  #answer(message: SynclineClientMessage): Answer {
    const { script } = this;
    if (message.type === 'hello') return script.hello?.(message) ?? [WELCOME];
    if (message.type === 'attach') return script.attach?.(message) ?? attachedTo(message.channel);
    if (message.type === 'ping') return script.ping?.() ?? [{ type: 'pong' }];
    if (message.type !== 'update') return [];
    const { channel, number } = message;
    return script.update?.(message) ?? [{ type: 'ack', channel, through: number, seq: number }];
  }
}

/** What an empty document is answered with. */
export function attachedTo(channel: number): Answer {
  return [
    {
      type: 'attached',
      channel,
      epoch: '',
      head: 0,
      rights: ALL_RIGHTS,
      stateVector: Uint8Array.of(0),
    },
    { type: 'synced', channel, seq: 0 },
  ];
}

function tell(socket: WebSocket, messages: Answer): void {
  for (const message of messages) {
    socket.send(encodeServerMessage(message));
    if (message.type === 'goodbye') socket.close(4400);
  }
}
