import { once } from 'node:events';
import {
  decodeServerMessage,
  encodeAwareness,
  encodeClientMessage,
  SUBPROTOCOL,
  type SynclineClientMessage,
} from '@syncline/protocol';
import { ServerProcess, sleep, TemporaryDirectory, until } from '@syncline/testing';
import { expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import * as Y from 'yjs';

const PEOPLE = 300;
const SECONDS = 30;
/** Each moves so often; a browser would not send more than each 33 ms. */
const MOVE_MS = 100;
const EDIT_MS = 200;
/** What a room sends of awareness to each session, a second: `limits.awarenessBytesPerSecond`. */
const BUDGET = 128 * 1024;
/** The type of the awareness of a server, and that of entries: the first byte of a frame. */
const AWARENESS = 75;
const ENTRIES = 67;

/** Somebody on the board, without a Y.Doc: bytes out, and a count of bytes in. */
class Person {
  awarenessBytes = 0;
  onEntries: ((update: Uint8Array) => void) | undefined;
  readonly #socket: WebSocket;
  readonly #client: number;
  #clock = 0;
  #number = 0;

  private constructor(socket: WebSocket, client: number) {
    this.#socket = socket;
    this.#client = client;
    socket.on('message', (data: Buffer) => {
      if (data[0] === AWARENESS) {
        this.awarenessBytes += data.length;
      } else if (data[0] === ENTRIES && this.onEntries !== undefined) {
        const message = decodeServerMessage(new Uint8Array(data));
        if (message.type === 'entries') this.onEntries(message.update);
      }
    });
  }

  static async join(url: string, client: number): Promise<Person> {
    const socket = new WebSocket(`${url}/v1/sync`, SUBPROTOCOL, { perMessageDeflate: false });
    await once(socket, 'open');
    const person = new Person(socket, client);
    person.#send({
      type: 'hello',
      versions: [1],
      clientName: 'crowd',
      clientVersion: '',
      schemaVersion: 0,
      token: '',
    });
    person.#send({
      type: 'attach',
      channel: 1,
      documentId: 'board',
      epoch: '',
      since: 0,
      stateVector: Uint8Array.of(0),
      replay: 0,
    });
    return person;
  }

  move(): void {
    const [x, y] = [Math.random() * 4_000, Math.random() * 3_000].map(Math.round);
    const state = JSON.stringify({
      user: { name: `Person ${this.#client}`, color: '#1d4ed8' },
      cursor: { x, y },
    });
    const update = encodeAwareness([{ client: this.#client, clock: ++this.#clock, state }]);
    this.#send({ type: 'awareness', channel: 1, update });
  }

  edit(update: Uint8Array): void {
    this.#send({ type: 'update', channel: 1, number: ++this.#number, update });
  }

  close(): void {
    this.#socket.terminate();
  }

  #send(message: SynclineClientMessage): void {
    this.#socket.send(encodeClientMessage(message));
  }
}

it('keeps 300 people who move within the budget of presence, and edits quick', async () => {
  const data = await TemporaryDirectory.make();
  onTestFinished(() => data.remove());
  const server = new ServerProcess(data);
  await server.start();
  onTestFinished(async () => void (await server.kill('SIGKILL')));
  const people: Person[] = [];
  onTestFinished(() => {
    for (const person of people) person.close();
  });
  for (let i = 0; i < PEOPLE; i++) people.push(await Person.join(server.url, i + 1));
  const [writer, reader] = people as [Person, Person];

  const sentAt: number[] = [];
  const delays: number[] = [];
  reader.onEntries = () => delays.push(performance.now() - (sentAt[delays.length] as number));
  const doc = new Y.Doc();
  doc.on('update', (update) => {
    sentAt.push(performance.now());
    writer.edit(update);
  });

  // All at other moments, as people are.
  const timers = people.map((person, i) =>
    setTimeout(
      () => {
        timers[i] = setInterval(() => person.move(), MOVE_MS);
      },
      (i / PEOPLE) * MOVE_MS,
    ),
  );
  onTestFinished(() => {
    for (const timer of timers) clearInterval(timer);
  });
  await sleep(2_000);
  for (const person of people) person.awarenessBytes = 0;
  const from = performance.now();
  while (performance.now() - from < SECONDS * 1_000) {
    doc.getArray('shapes').push([sentAt.length]);
    await sleep(EDIT_MS);
  }
  const seconds = (performance.now() - from) / 1_000;
  const rates = people.map(({ awarenessBytes }) => awarenessBytes / seconds);
  for (const timer of timers) clearInterval(timer);
  await until('all edits are there', () => delays.length === sentAt.length);

  const [least, most] = [Math.min(...rates), Math.max(...rates)];
  const median = delays.toSorted((a, b) => a - b)[Math.floor(delays.length / 2)] as number;
  console.log(
    `awareness, bytes a second and receiver: ${Math.round(least)} to ${Math.round(most)}; ` +
      `edits: median ${Math.round(median)} ms of ${delays.length}`,
  );
  expect(most).toBeLessThan(1.1 * BUDGET);
  // They do see each other move.
  expect(least).toBeGreaterThan(0.3 * BUDGET);
  expect(median).toBeLessThan(100);
}, 120_000);
