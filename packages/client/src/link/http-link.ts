import { decodeBody, encodeClientMessage, type SynclineClientMessage } from '@syncline/protocol';
import { Framing } from './framing.ts';
import { type Down, receivePolls, receiveStream } from './http-down.ts';
import { HttpRequests } from './http-requests.ts';
import { HttpUp } from './http-up.ts';
import type { Dial, Link, LinkListener } from './link.ts';
import { Receiver } from './receiver.ts';
import { endOf } from './refusal.ts';

/** A connection that is not open after so long does not come about. */
const OPEN_MS = 10_000;
/** A request that brings something up is made anew after so long: a whole body takes its time. */
const UP_MS = 60_000;
/** What was sent before `close` goes within this time, or not at all. */
const CLOSE_MS = 10_000;

type HttpKind = 'http-stream' | 'http-poll';

/** Requests up, and one long answer down (P4). */
export const dialHttpStream: Dial = (url, listener) =>
  new HttpLink('http-stream', url, listener, receiveStream);

/** Requests up, and one poll after the other down (P5): for proxies that hold long answers back. */
export const dialHttpPoll: Dial = (url, listener) =>
  new HttpLink('http-poll', url, listener, receivePolls);

class HttpLink implements Link {
  readonly kind: HttpKind;
  readonly #framing = new Framing();
  readonly #receiver: Receiver;
  readonly #requests: HttpRequests;
  readonly #up: HttpUp;
  readonly #down: Down;
  /** Of the connection, once the server said it. */
  #path: string | undefined;
  /** Of the last request that brought something up. */
  #number = 0;
  #closing: ReturnType<typeof setTimeout> | undefined;
  #isProven = false;

  constructor(kind: HttpKind, url: string, listener: LinkListener, down: Down) {
    this.kind = kind;
    this.#down = down;
    const receiver = new Receiver(this.#framing, listener, () => this.#release());
    this.#receiver = receiver;
    this.#requests = new HttpRequests(`${url}/v1/sync`, () => receiver.sign());
    this.#up = new HttpUp((body) => this.#post(body));
    // The first request has what is sent first: hello (P2).
    queueMicrotask(() => receiver.open());
  }

  get bufferedBytes(): number {
    return this.#up.bytes;
  }

  get isProven(): boolean {
    return this.#isProven;
  }

  send(message: SynclineClientMessage): void {
    if (this.#receiver.isOver) return;
    for (const frame of this.#framing.framesOf(message)) this.#up.push(frame);
    void this.#flush();
  }

  setFragmentBytes(bytes: number): void {
    this.#framing.setFragmentBytes(this.#up.limit(bytes));
  }

  close(): void {
    if (!this.#receiver.silence()) return;
    this.#closing = setTimeout(() => this.#release(), CLOSE_MS);
    void this.#flush()
      .then(() => this.#tellEnd())
      .finally(() => this.#release());
  }

  async #flush(): Promise<void> {
    await this.#up.flush().catch(this.#fail);
  }

  readonly #fail = (error: unknown): void => this.#receiver.end(endOf(error));

  async #post(body: Uint8Array): Promise<void> {
    if (this.#path === undefined) return await this.#open(body);
    const path = `${this.#path}?n=${++this.#number}`;
    await this.#requests.repeat(path, { body, status: 204, idleMs: UP_MS });
  }

  /** Not made again without an answer: the server would have a connection that nobody uses. */
  async #open(body: Uint8Array): Promise<void> {
    const answer = await this.#requests.make('', { body, status: 200, idleMs: OPEN_MS });
    const id = answer.headers.get('syncline-connection');
    const path = id === null ? undefined : `/${encodeURIComponent(id)}`;
    this.#path = path;
    for (const frame of decodeBody(answer.body)) this.#receiver.accept(frame);
    if (path !== undefined) void this.#receive(path);
    else this.#receiver.end({ message: 'the server did not say which connection it is' });
  }

  async #receive(path: string): Promise<void> {
    if (this.#receiver.isOver) return;
    await this.#down({
      requests: this.#requests,
      path,
      receiver: this.#receiver,
      onProven: (isProven) => {
        this.#isProven = isProven;
      },
      ping: (onTaken) => {
        if (this.#receiver.isOver) return;
        this.#up.push(encodeClientMessage({ type: 'ping' }), onTaken);
        void this.#flush();
      },
    }).catch(this.#fail);
  }

  #release(): void {
    clearTimeout(this.#closing);
    this.#requests.abort();
    void this.#tellEnd();
  }

  /** Once. Before a stream is broken off, or the server would not know the connection any more. */
  async #tellEnd(): Promise<void> {
    const path = this.#path;
    this.#path = undefined;
    if (path !== undefined) await this.#requests.tellEnd(path);
  }
}
