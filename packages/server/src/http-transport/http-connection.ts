import { countMessages, decodeBody, encodeBody, SyncError } from '@syncline/protocol';
import { Connection, type Dialect } from '../connection.ts';
import type { Edge } from '../edge.ts';
import type { Visitor } from '../gate.ts';
import { SLICE_MS } from '../reading-turns.ts';
import { Down, POLL_BYTES, POLL_MS } from './down.ts';
import type { Polled, RequestedConnection } from './requested-connection.ts';
import { Up } from './up.ts';

/** A client that asks for nothing for so long is gone: twice the heartbeat. */
const SILENCE_MS = 40_000;
/** For so long the goodbye waits to be fetched. */
const GOODBYE_MS = 5_000;

const bodyOf = (message: Uint8Array): Uint8Array => encodeBody([message]);

/** A connection that consists of requests: they bring frames up, and fetch those that go down. */
export class HttpConnection extends Connection implements RequestedConnection {
  readonly transport = 'http';
  readonly frame = bodyOf;
  readonly down = new Down();
  onGone: () => void = () => {};
  readonly #up = new Up();
  readonly #choose: () => Dialect;
  #isOpen = true;
  #writtenAt = performance.now();
  #silence: NodeJS.Timeout | undefined;
  #readers = 0;
  #whenReading: (() => void)[] = [];

  /** @param choose makes the dialect. */
  constructor(
    edge: Edge,
    { request, token }: Visitor,
    choose: (connection: Connection) => Dialect,
  ) {
    super(edge, request, token);
    this.#choose = () => choose(this);
    this.#watch();
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  get bufferedBytes(): number {
    return this.down.bytes;
  }

  get silentMs(): number {
    return performance.now() - this.#writtenAt;
  }

  write(frame: Uint8Array): void {
    if (!this.#isOpen) return;
    this.unread.write(frame.length);
    this.#writtenAt = performance.now();
    this.edge.metrics.framesOut.inc();
    this.edge.metrics.bytesOut.inc(frame.length);
    if (frame.length <= POLL_BYTES) this.down.push(frame);
    else for (const fragment of framesOf(frame)) this.down.push(fragment);
  }

  /** @throws SyncError `malformed-frame`, `rate-limited`, `connection-unknown` */
  async post(number: number, body: Uint8Array): Promise<void> {
    countMessages(body); // nothing of a body is taken of which a part cannot be read
    await this.#up.run(number, () => this.take(decodeBody(body)));
  }

  async poll(after: number, signal?: AbortSignal, waitMs = POLL_MS): Promise<Polled> {
    const { done } = this.reading();
    signal?.addEventListener('abort', done);
    const polled = await this.down.poll(after, waitMs);
    done();
    return polled;
  }

  stream(): ReadableStream<Uint8Array> {
    const { done } = this.reading();
    return this.down.stream({ ended: done, cancelled: () => this.terminate() });
  }

  /** The client is there, though it asks for nothing. */
  stay(): void {
    this.#watch();
  }

  async leave(): Promise<void> {
    this.terminate();
  }

  /**
   * Takes messages in order, as fast as the connection is read.
   * @throws SyncError `connection-unknown` when it ends before all were taken.
   */
  async take(messages: Iterable<Uint8Array>): Promise<void> {
    this.#watch();
    let end = performance.now() + SLICE_MS;
    for (const message of messages) {
      if (performance.now() >= end) {
        await this.edge.turns.next();
        end = performance.now() + SLICE_MS;
      }
      while (!this.isReading && this.#isOpen) {
        await new Promise<void>((resolve) => this.#whenReading.push(resolve));
      }
      if (!this.#isOpen) throw new SyncError('connection-unknown', 'the connection has ended');
      if (this.admits(message)) this.read(message, true, this.#choose);
    }
  }

  /** A request fetches what goes down, until `done` is called. */
  reading(): { done: () => void } {
    clearTimeout(this.#silence);
    this.#readers++;
    let isReading = true;
    const done = () => {
      if (!isReading) return;
      isReading = false;
      this.#readers--;
      if (this.down.isDone) this.terminate();
      else this.#watch();
    };
    return { done };
  }

  terminate(): void {
    this.#isOpen = false;
    clearTimeout(this.#silence);
    this.down.end();
    this.#up.close();
    this.setReading(true);
    this.gone();
  }

  protected override gone(): void {
    super.gone();
    this.onGone();
  }

  protected setReading(isReading: boolean): void {
    if (isReading) for (const resolve of this.#whenReading.splice(0)) resolve();
  }

  /** The dialect has said goodbye. Who does not read now may fetch it, unless the server is about to end. */
  protected end({ code }: SyncError): void {
    this.#isOpen = false;
    this.down.end();
    const isEnding = code === 'server-stopping' && !this.edge.connections.isDraining;
    const isLast = this.#readers > 0 || isEnding;
    setTimeout(() => this.terminate(), isLast ? 0 : GOODBYE_MS).unref();
  }

  #watch(): void {
    clearTimeout(this.#silence);
    if (this.#readers > 0 || !this.#isOpen) return;
    this.#silence = setTimeout(() => this.terminate(), SILENCE_MS).unref();
  }
}

/** The fragments that one frame is made of, so that no poll has to bring all of them. */
function* framesOf(frame: Uint8Array): Generator<Uint8Array, void> {
  let start = 0;
  for (const { byteOffset, length } of decodeBody(frame)) {
    const end = byteOffset - frame.byteOffset + length;
    yield frame.subarray(start, end);
    start = end;
  }
}
