/** A token, or how to get one: called for each connection, and before one in use expires. */
export type TokenOption = string | (() => string | Promise<string>);

/** How long an application may take for a token. */
const LIMIT_MS = 30_000;

/** Where the tokens of a connection come from. */
export class TokenSource {
  readonly #option: TokenOption;

  constructor(option: TokenOption = '') {
    this.#option = option;
  }

  /** Whether asking again can bring another one. */
  get isRenewable(): boolean {
    return typeof this.#option === 'function';
  }

  /** '' is no token. @throws what the application's function throws, or an Error when it takes too long. */
  async get(): Promise<string> {
    if (typeof this.#option === 'string') return this.#option;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const limit = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new Error(`no token came within ${LIMIT_MS / 1000} s`)),
        LIMIT_MS,
      );
    });
    try {
      return await Promise.race([this.#option(), limit]);
    } finally {
      clearTimeout(timer);
    }
  }
}
