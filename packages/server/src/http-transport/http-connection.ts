import { encodeBody, SyncError } from '@syncline/protocol';
import { Connection, type Dialect } from '../connection.ts';
import type { Edge } from '../edge.ts';
import type { Visitor } from '../gate.ts';
import { Down } from './down.ts';
import { Up } from './up.ts';

/** A client that asks for nothing for so long is gone: twice the heartbeat. */
const SILENCE_MS = 40_000;
/** For so long the goodbye waits to be fetched. */
const GOODBYE_MS = 5_000;

const bodyOf = (message: Uint8Array): Uint8Array => encodeBody([message]);

/** A connection that consists of requests: they bring frames up, and fetch those that go down. */
export class HttpConnection extends Connection {
  readonly transport = 'http';
  readonly frame = bodyOf;
  readonly down = new Down();
  readonly up = new Up();
  onGone: () => void = () => {};
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
    this.down.push(frame);
  }

  /**
   * Takes messages in order, as fast as the connection is read.
   * @throws SyncError `connection-unknown` when it ends before all were taken.
   */
  async take(messages: Iterable<Uint8Array>): Promise<void> {
    this.#watch();
    for (const message of messages) {
      while (!this.isReading && this.#isOpen) {
        await new Promise<void>((resolve) => this.#whenReading.push(resolve));
      }
      if (!this.#isOpen) throw new SyncError('connection-unknown', 'the connection has ended');
      this.receive(message, true, this.#choose);
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
    this.up.close();
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

  /** The dialect has said goodbye. Who does not read now may fetch it, unless the server stops. */
  protected end({ code }: SyncError): void {
    this.#isOpen = false;
    this.down.end();
    const isLast = this.#readers > 0 || code === 'server-stopping';
    setTimeout(() => this.terminate(), isLast ? 0 : GOODBYE_MS).unref();
  }

  #watch(): void {
    clearTimeout(this.#silence);
    if (this.#readers > 0 || !this.#isOpen) return;
    this.#silence = setTimeout(() => this.terminate(), SILENCE_MS).unref();
  }
}
