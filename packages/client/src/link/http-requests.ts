import { joined } from './joined.ts';
import { Refusal, refusalOf } from './refusal.ts';

/** How often a request is made that may be made again. */
const MAX_TRIES = 5;
/** Who is told to come back later than this does not wait with a connection. */
const MAX_PAUSE_MS = 10_000;
/** Before the second try; doubled for each one after it. */
const RETRY_MS = 200;
/** Who does not hear within this time that a connection is over finds out by itself. */
const END_MS = 2_000;
/** These mean "later"; after others the same request would bring the same answer. */
const LATER: ReadonlySet<string> = new Set(['rate-limited', 'node-unreachable']);
const CONTENT_TYPE = 'application/octet-stream';

export interface Answer {
  readonly headers: Headers;
  readonly body: Uint8Array;
}

export interface RequestOptions {
  /** Of POST; without it the request is a GET. */
  readonly body?: Uint8Array;
  /** The one that the answer must have. */
  readonly status: number;
  /** After so long without any of the answer the request is given up; absent: never. */
  readonly idleMs?: number;
  /** Takes the body as it comes. */
  readonly onChunk?: (chunk: Uint8Array) => void;
}

/** The HTTP requests of one connection. */
export class HttpRequests {
  readonly #url: string;
  readonly #onSign: () => void;
  /** What ends requests that are under way, and pauses. */
  readonly #cancels = new Set<() => void>();
  #isAborted = false;

  /**
   * @param url what the paths of requests follow
   * @param onSign something of an answer came
   */
  constructor(url: string, onSign: () => void) {
    this.#url = url;
    this.#onSign = onSign;
  }

  /** Ends all requests, which throw. */
  abort(): void {
    this.#isAborted = true;
    for (const cancel of this.#cancels) cancel();
  }

  /** A request that may be made again: when no answer comes, or one that says "later". */
  async repeat(path: string, options: RequestOptions): Promise<Answer> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.make(path, options);
      } catch (error) {
        const end = error instanceof Refusal ? error.end : undefined;
        // What has a code was said by the server itself.
        const isFinal = end?.code !== undefined && !LATER.has(end.code);
        const pauseMs = Math.max(end?.retryAfterMs ?? 0, RETRY_MS * 2 ** (tries - 1));
        if (isFinal || pauseMs > MAX_PAUSE_MS || tries === MAX_TRIES) throw error;
        await this.pause(pauseMs);
        if (this.#isAborted) throw error;
      }
    }
  }

  /** @throws Refusal when the answer is not that of the protocol; others when none came */
  async make(path: string, options: RequestOptions): Promise<Answer> {
    if (this.#isAborted) throw new Refusal({ message: 'the connection has ended' });
    const { body, status, idleMs, onChunk } = options;
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const hear = (): void => {
      clearTimeout(timer);
      const giveUp = (): void => abort.abort(new Error(`no answer within ${idleMs} ms`));
      if (idleMs !== undefined) timer = setTimeout(giveUp, idleMs);
    };
    const forget = this.#cancellable(() => abort.abort());
    hear();
    try {
      const response = await fetch(this.#url + path, { ...postOf(body), signal: abort.signal });
      hear();
      this.#onSign();
      await mustBeOfProtocol(response, status);
      const chunks: Uint8Array[] = [];
      let length = 0;
      const reader = response.body?.getReader();
      for (;;) {
        const chunk = (await reader?.read())?.value;
        if (chunk === undefined) break;
        hear();
        this.#onSign();
        if (onChunk !== undefined) onChunk(chunk);
        else {
          chunks.push(chunk);
          length += chunk.length;
        }
      }
      return { headers: response.headers, body: joined(chunks, length) };
    } finally {
      clearTimeout(timer);
      forget();
      abort.abort(); // the rest of an answer that is of no use
    }
  }

  /** Tells the server that the connection is over (P7), also when the page is left or all was aborted. */
  async tellEnd(path: string): Promise<void> {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), END_MS);
    const init = { method: 'DELETE', keepalive: true, signal: abort.signal };
    await fetch(this.#url + path, init).catch(() => {}); // then it finds out by itself
    clearTimeout(timer);
  }

  /** Waits; no longer than until `abort`. */
  async pause(ms: number): Promise<void> {
    if (this.#isAborted) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(done, ms);
      const forget = this.#cancellable(done);
      function done(): void {
        clearTimeout(timer);
        forget();
        resolve();
      }
    });
  }

  #cancellable(cancel: () => void): () => void {
    this.#cancels.add(cancel);
    return () => this.#cancels.delete(cancel);
  }
}

/** A page that is left takes its requests with it, but for small ones that say that they go on. */
const MAX_KEEPALIVE_BYTES = 16 * 1024;

function postOf(body: Uint8Array | undefined): RequestInit {
  if (body === undefined) return {};
  return {
    method: 'POST',
    headers: { 'content-type': CONTENT_TYPE },
    body: body as Uint8Array<ArrayBuffer>,
    keepalive: body.length <= MAX_KEEPALIVE_BYTES,
  };
}

/** A portal or proxy may answer in the place of the server, with a page of its own. */
async function mustBeOfProtocol(response: Response, status: number): Promise<void> {
  const { headers, ok } = response;
  if (!ok) {
    const body = await response.text();
    throw new Refusal(refusalOf(response.status, body, headers.get('retry-after')));
  }
  const isBinary = headers.get('content-type')?.startsWith(CONTENT_TYPE);
  if (response.status === status && (status === 204 || isBinary)) return;
  throw new Refusal({ message: 'what answers is no Syncline server' });
}
