import { StockClient, until } from '@syncline/testing';
import type { TestContext } from 'vitest';

/** Somebody on each of two nodes, who show themselves and nothing else. */
export class People {
  readonly #clients: readonly StockClient[];

  constructor(context: TestContext, homes: readonly string[]) {
    this.#clients = homes.slice(0, 2).map((url) => new StockClient(url, 'people'));
    context.onTestFinished(() => this.#clients.forEach((client) => client.destroy()));
    this.move(1);
  }

  move(place: number): void {
    for (const { provider } of this.#clients) {
      provider.awareness.setLocalStateField('place', place);
    }
  }

  /** Whether the one on the second node sees the one on the first, wherever that is. */
  get isFirstSeen(): boolean {
    const [first, second] = this.#clients;
    if (first === undefined || second === undefined) return false;
    return second.provider.awareness.getStates().has(first.doc.clientID);
  }

  /** Both see both, where they are. */
  async see(place: number): Promise<void> {
    const places = ({ provider }: StockClient) =>
      [...provider.awareness.getStates().values()].map((state) => state['place']);
    await until('they see each other', () =>
      this.#clients.every((client) => places(client).join() === `${place},${place}`),
    );
  }
}
