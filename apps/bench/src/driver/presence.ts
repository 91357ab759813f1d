import { until } from '@syncline/testing';
import type { Client } from './client.ts';
import type { Dialect, PresenceEntry } from './dialect.ts';
import { IncompleteError } from './incomplete.ts';

/** People with cursors on one document, who do with awareness what stock clients do. */
export class Crowd {
  readonly #people: readonly Person[];

  constructor(clients: readonly Client[], dialect: Dialect) {
    this.#people = clients.map((client, index) => new Person(client, 10_000 + index, dialect));
  }

  get size(): number {
    return this.#people.length;
  }

  /** The person of this number, by turns, moves and tells so. */
  move(number: number): void {
    this.#people[number % this.#people.length]?.move();
  }

  /** The person of this number, by turns, says again what it said last: stock clients do so each 15 s. */
  renew(number: number): void {
    this.#people[number % this.#people.length]?.tell();
  }

  /** Waits until everybody knows the latest of everybody. @throws IncompleteError */
  async settle(limitMs: number): Promise<void> {
    const knowsAll = (person: Person) => this.#people.every((other) => person.knows(other));
    let first = 0;
    const areSettled = () => {
      for (let person = this.#people[first]; person && knowsAll(person); ) {
        person = this.#people[++first];
      }
      return first === this.#people.length;
    };
    await until('everybody knows where everybody is', areSettled, limitMs).catch(() => {
      const blind = this.#people.filter((person) => !knowsAll(person)).length;
      throw new IncompleteError(
        `after ${limitMs / 1000} s, ${blind} of ${this.#people.length} clients did not know where all others were`,
      );
    });
  }
}

class Person {
  readonly #client: Client;
  readonly #id: number;
  /** The newest entry that is known of each Yjs client. */
  readonly #known = new Map<number, PresenceEntry>();
  #clock = 0;
  #moves = 0;

  constructor(client: Client, id: number, dialect: Dialect) {
    this.#client = client;
    this.#id = id;
    client.onPresence = ({ entries, frame }) => {
      const news = entries.filter((entry) => this.#isNews(entry));
      for (const entry of news) this.#known.set(entry.client, entry);
      if (!dialect.echoesPresence || news.length === 0) return;
      // A stock client encodes what it knows of these clients now: the same, if all of it was new.
      if (news.length === entries.length) client.sendFrame(frame);
      else client.sendPresence(news);
    };
  }

  move(): void {
    this.#moves++;
    this.tell();
  }

  /** Says where it is. */
  tell(): void {
    const state = {
      user: { name: `Somebody ${this.#id}`, color: '#4078c0' },
      cursor: { x: (this.#moves * 37) % 1920, y: (this.#moves * 23) % 1080 },
    };
    const entry = { client: this.#id, clock: ++this.#clock, state: JSON.stringify(state) };
    this.#known.set(this.#id, entry);
    this.#client.sendPresence([entry]);
  }

  knows(other: Person): boolean {
    return (this.#known.get(other.#id)?.clock ?? 0) >= other.#clock;
  }

  #isNews(entry: PresenceEntry): boolean {
    return entry.clock > (this.#known.get(entry.client)?.clock ?? -1);
  }
}
