import type { Session } from '../session.ts';

/** The clients in a table that count as a session's, by session. */
export class Holders {
  readonly #clients = new Map<Session, Set<number>>();

  countOf(session: Session): number {
    return this.#clients.get(session)?.size ?? 0;
  }

  /** A client is another session's, or nobody's any more. */
  move(client: number, before: Session | undefined, now: Session | undefined): void {
    if (before === now) return;
    if (before !== undefined) {
      const clients = this.#clients.get(before);
      clients?.delete(client);
      if (clients?.size === 0) this.#clients.delete(before);
    }
    if (now !== undefined) {
      const clients = this.#clients.get(now) ?? new Set();
      this.#clients.set(now, clients.add(client));
    }
  }

  /** Forgets a session, and gives its clients. */
  take(session: Session): Iterable<number> {
    const clients = this.#clients.get(session) ?? [];
    this.#clients.delete(session);
    return clients;
  }
}
