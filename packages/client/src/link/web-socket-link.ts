import { SUBPROTOCOL, type SynclineClientMessage } from '@syncline/protocol';
import { WebSocket } from '#web-socket';
import { Framing } from './framing.ts';
import type { Dial, Link, LinkListener } from './link.ts';
import { Receiver } from './receiver.ts';
import type { RefusableWebSocket } from './web-socket.ts';

/** A WebSocket that is not open after so long does not come about. */
const OPEN_MS = 10_000;

/** Opens a WebSocket: one frame a message or fragment of one (H1). */
export const dialWebSocket: Dial = (url, listener) => new WebSocketLink(url, listener);

class WebSocketLink implements Link {
  readonly kind = 'web-socket';
  readonly #framing = new Framing();
  readonly #receiver: Receiver;
  readonly #socket: RefusableWebSocket | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #messages = 0;

  constructor(url: string, listener: LinkListener) {
    this.#receiver = new Receiver(this.#framing, listener, () => this.#release());
    try {
      this.#socket = new WebSocket(`${url.replace(/^http/, 'ws')}/v1/sync`, SUBPROTOCOL);
      this.#listen(this.#socket);
    } catch (error) {
      // A browser's page over HTTPS may not open it, say. Nobody knows the link yet, so it is told later.
      this.#timer = setTimeout(() => this.#receiver.end({ message: String(error) }));
    }
  }

  get bufferedBytes(): number {
    return this.#socket?.bufferedAmount ?? 0;
  }

  get isProven(): boolean {
    return this.#messages > 1;
  }

  send(message: SynclineClientMessage): void {
    if (this.#receiver.isOver) return;
    for (const frame of this.#framing.framesOf(message)) {
      this.#socket?.send(frame as Uint8Array<ArrayBuffer>);
    }
  }

  setFragmentBytes(bytes: number): void {
    this.#framing.setFragmentBytes(bytes);
  }

  close(): void {
    if (this.#receiver.silence()) this.#release();
  }

  #listen(socket: RefusableWebSocket): void {
    const receiver = this.#receiver;
    socket.binaryType = 'arraybuffer';
    this.#timer = setTimeout(
      () => receiver.end({ message: `no WebSocket was opened within ${OPEN_MS} ms` }),
      OPEN_MS,
    );
    socket.addEventListener('open', () => {
      clearTimeout(this.#timer);
      if (socket.protocol === SUBPROTOCOL) receiver.open();
      else receiver.end({ message: `the server does not speak ${SUBPROTOCOL}` });
    });
    socket.addEventListener('message', ({ data }: MessageEvent<ArrayBuffer | string>) => {
      this.#messages++;
      receiver.sign();
      if (typeof data !== 'string') receiver.accept(new Uint8Array(data));
      else receiver.end({ message: 'a text frame came', code: 'malformed-frame' });
    });
    let problem = '';
    socket.addEventListener('error', (event) => {
      problem = (event as ErrorEvent).message ?? ''; // browsers do not tell
    });
    socket.addEventListener('close', ({ code, reason }) => {
      const message = `the WebSocket was closed: ${code} ${reason || problem}`;
      receiver.end(socket.refusal ?? { message });
    });
  }

  /** What was sent goes out before the goodbye of the WebSocket. */
  #release(): void {
    clearTimeout(this.#timer);
    this.#socket?.close(1000);
  }
}
