import { BodyReader, decodeBody, encodeBody } from '@syncline/protocol';
import { sleep, until } from '../until.ts';
import { SYNC_PATH, type Transport, type TransportListener } from './transport.ts';

/** Of one request, so that it stays below what any server takes. */
const BODY_BYTES = 1024 * 1024;
/** The largest frame that a server is expected to send. */
const MAX_FRAME_BYTES = 64 * 1024 * 1024;
/** How often a request is made again that brought no answer. */
const MAX_TRIES = 4;
const RETRY_MS = 50;

/** The HTTP transport: requests up, and down one stream or one poll after the other. */
export class HttpTransport implements Transport {
  readonly #url: string;
  readonly #mode: 'stream' | 'poll';
  readonly #listener: TransportListener;
  readonly #abort = new AbortController();
  #unsent: Uint8Array[] = [];
  #sending = false;
  #ended = false;
  /** Of the connection, once the server said it. */
  #id: string | undefined;
  /** Of the last request that brought messages to the server. */
  #number = 0;

  /** @param url `http://HOST:PORT` */
  constructor(url: string, mode: 'stream' | 'poll', listener: TransportListener) {
    this.#url = `${url}${SYNC_PATH}`;
    this.#mode = mode;
    this.#listener = listener;
  }

  send(frame: Uint8Array): void {
    if (this.#ended) return;
    this.#unsent.push(frame);
    void this.#pump();
  }

  async close(): Promise<void> {
    await until('all is sent', () => this.#ended || !this.#sending);
    if (!this.#ended && this.#id !== undefined) {
      await this.#request(`/${this.#id}`, { method: 'DELETE' }).catch(() => {});
    }
    this.#end('closed');
  }

  cut(): void {
    this.#end('cut');
  }

  /** One request at a time: so the numbers arrive in order. */
  async #pump(): Promise<void> {
    if (this.#sending) return;
    this.#sending = true;
    try {
      while (this.#unsent.length > 0 && !this.#ended) {
        const body = encodeBody(this.#takeUnsent());
        if (this.#id === undefined) await this.#open(body);
        else await this.#post(this.#id, body);
      }
    } catch (cause) {
      this.#end(String(cause));
    } finally {
      this.#sending = false;
    }
  }

  #takeUnsent(): Uint8Array[] {
    let bytes = 0;
    const beyond = this.#unsent.findIndex((frame) => (bytes += frame.length) > BODY_BYTES);
    return this.#unsent.splice(0, beyond === -1 ? this.#unsent.length : Math.max(1, beyond));
  }

  async #open(body: Uint8Array): Promise<void> {
    const response = await fetch(this.#url, { ...post(body), signal: this.#abort.signal });
    const answer = await bytesOf(response);
    const id = response.headers.get('syncline-connection');
    if (id !== null) {
      this.#id = id;
      void this.#receive(id);
    }
    for (const frame of decodeBody(answer)) this.#listener.onFrame(frame);
    if (id === null) this.#end('refused');
  }

  async #post(id: string, body: Uint8Array): Promise<void> {
    await this.#request(`/${id}?n=${++this.#number}`, post(body));
  }

  async #receive(id: string): Promise<void> {
    try {
      if (this.#mode === 'stream') await this.#stream(id);
      else await this.#poll(id);
    } catch (cause) {
      this.#end(String(cause));
    }
  }

  async #stream(id: string): Promise<void> {
    const signal = this.#abort.signal;
    const response = await fetch(`${this.#url}/${id}?mode=stream`, { signal });
    if (!response.ok || response.body === null) throw new Error(await problemOf(response));
    const reader = new BodyReader(MAX_FRAME_BYTES);
    for await (const chunk of response.body) {
      for (const frame of reader.push(chunk)) this.#listener.onFrame(frame);
    }
    reader.end();
    this.#end('the stream ended');
  }

  async #poll(id: string): Promise<void> {
    let after = '0';
    while (!this.#ended) {
      const response = await this.#request(`/${id}?after=${after}`, {});
      for (const frame of decodeBody(await bytesOf(response))) this.#listener.onFrame(frame);
      after = response.headers.get('syncline-next') ?? after;
    }
  }

  /** A request that may be made again: when no answer comes, or when the server says "later". */
  async #request(path: string, init: RequestInit): Promise<Response> {
    for (let tries = 1; ; tries++) {
      const signal = this.#abort.signal;
      const response = await fetch(`${this.#url}${path}`, { ...init, signal }).catch((cause) => {
        if (tries === MAX_TRIES || this.#ended) throw cause;
        return undefined;
      });
      if (response?.ok) return response;
      const later = response === undefined || response.status === 429;
      if (!later || tries === MAX_TRIES) throw new Error(await problemOf(response));
      await sleep(Number(response?.headers.get('retry-after') ?? 0) * 1_000 || RETRY_MS * tries);
    }
  }

  #end(reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#unsent = [];
    this.#abort.abort();
    this.#listener.onEnd(reason);
  }
}

function post(body: Uint8Array): RequestInit {
  return {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
    body: new Uint8Array(body),
  };
}

async function bytesOf(response: Response): Promise<Uint8Array> {
  if (!response.ok) throw new Error(await problemOf(response));
  return new Uint8Array(await response.arrayBuffer());
}

async function problemOf(response: Response | undefined): Promise<string> {
  return response === undefined ? 'no answer' : `${response.status} ${await response.text()}`;
}
