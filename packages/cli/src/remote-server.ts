import { ERROR_CODES, type ErrorCode, SyncError } from '@syncline/protocol';

export type Query = Readonly<Record<string, boolean | undefined>>;

/** A running server, as it is asked over HTTP. */
export class RemoteServer {
  readonly #url: URL;
  readonly #token: string | undefined;

  /**
   * @param url `http://HOST:PORT`, with the server's base path if it has one
   * @param token what proves that one may ask
   */
  constructor(url: URL, token?: string) {
    this.#url = url;
    this.#token = token;
  }

  /** @param path under `/v1` */
  async ask(
    method: string,
    path: string,
    query: Query = {},
    body?: Uint8Array | object,
  ): Promise<Response> {
    const url = new URL(`${this.#url.pathname.replace(/\/+$/, '')}/v1/${path}`, this.#url);
    for (const [name, isSet] of Object.entries(query)) {
      if (isSet === true) url.searchParams.set(name, 'true');
    }
    const isJson = body !== undefined && !(body instanceof Uint8Array);
    const headers = {
      ...(this.#token !== undefined && { authorization: `Bearer ${this.#token}` }),
      ...(isJson && { 'content-type': 'application/json' }),
    };
    const content = isJson ? JSON.stringify(body) : body;
    let response: Response;
    try {
      response = await fetch(url, {
        method,
        headers,
        redirect: 'error',
        ...(content !== undefined && { body: content }),
      });
    } catch (error) {
      throw this.unreachable(error);
    }
    if (response.ok) return response;
    throw errorOf(await response.json().catch(() => undefined), response.status);
  }

  async read(response: Response): Promise<Uint8Array> {
    try {
      return new Uint8Array(await response.arrayBuffer());
    } catch (error) {
      throw this.unreachable(error);
    }
  }

  /** Puts what was configured anew in force. */
  async reload(): Promise<void> {
    await this.ask('POST', 'reload');
  }

  /** Ends sessions; gives how many. */
  async revoke(whose: { readonly user: string } | { readonly document: string }): Promise<number> {
    const response = await this.ask('POST', 'sessions/revoke', {}, whose);
    return ((await response.json()) as { readonly ended: number }).ended;
  }

  unreachable(error: unknown): SyncError {
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    const reason = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
    const message = `the server at ${this.#url.origin} does not answer${reason}`;
    return new SyncError('server-unreachable', message, { cause });
  }
}

/** The error in an answer. What is no answer of Syncline's is named by its status. */
export function errorOf(body: unknown, status: number): SyncError {
  if (typeof body === 'object' && body !== null && 'code' in body && 'message' in body) {
    const { code, message } = body;
    if (typeof code === 'string' && code in ERROR_CODES && typeof message === 'string') {
      return new SyncError(code as ErrorCode, message);
    }
  }
  const message = `the server answered with status ${status}: is it a Syncline of this version?`;
  return new SyncError('internal', message);
}
