import { decodeStateVector, encodeStateVectorFromUpdate } from 'yjs';
import { Clients } from '../driver/client.ts';
import { checkComplete } from '../driver/completeness.ts';
import { Deliveries, untilComplete } from '../driver/deliveries.ts';
import { prepareTyping } from '../driver/prepared.ts';
import { Crowd } from '../driver/presence.ts';
import { seed, untilKnown } from '../driver/seed.ts';
import { WrittenDocument } from '../driver/written-document.ts';
import type { Server } from '../servers/server.ts';
import { Counter, type Counts } from './counters.ts';

const LIMIT_MS = 20_000;

/** A little work, and what of it is counted for one of its pieces. */
export interface SmokeCase {
  readonly name: string;
  /** What the counts are divided by. */
  readonly per: string;
  run(server: Server): Promise<Counts>;
}

/** Clients write at the same moment, and wait until all have all. */
function bursts(name: string, clientCount: number, writerCount: number, count: number): SmokeCase {
  return {
    name,
    per: 'delivery',
    run: async (server) => {
      const warmUp = 20;
      const { base, writers } = prepareTyping(writerCount, warmUp + count);
      const clients = new Clients(server);
      await seed(clients, [name], base);
      const open = await clients.connect(Array.from({ length: clientCount }, () => name));
      await untilKnown(open, decodeStateVector(encodeStateVectorFromUpdate(base)));
      const seats = open.map((client, index) => {
        const writer = writers[index];
        return writer === undefined ? { client } : { client, writer };
      });
      const deliveries = new Deliveries(seats);
      const burst = async (times: number) => {
        for (let left = times; left > 0; left--) {
          for (const seat of seats.slice(0, writerCount)) deliveries.send(seat);
          await untilComplete([deliveries], LIMIT_MS);
        }
      };
      await burst(warmUp);
      const counts = await new Counter(server).during(async () => await burst(count));
      await checkComplete(clients, base, [deliveries]);
      clients.close();
      return divided(counts, count * writerCount * (clientCount - 1));
    },
  };
}

/** Everybody moves at the same moment, and waits until all know all. */
function moves(name: string, clientCount: number, count: number): SmokeCase {
  return {
    name,
    per: 'move and client',
    run: async (server) => {
      const clients = new Clients(server);
      const open = await clients.connect(Array.from({ length: clientCount }, () => name));
      const crowd = new Crowd(open, server.kind.dialect);
      const burst = async (times: number) => {
        for (let left = times; left > 0; left--) {
          for (let person = 0; person < clientCount; person++) crowd.move(person);
          await crowd.settle(LIMIT_MS);
        }
      };
      await burst(3);
      const counts = await new Counter(server).during(async () => await burst(count));
      clients.close();
      return divided(counts, count * clientCount * (clientCount - 1));
    },
  };
}

/** Clients open a document that others have open. */
function joins(name: string, bytes: number, count: number): SmokeCase {
  return {
    name,
    per: 'join',
    run: async (server) => {
      const content = new WrittenDocument(bytes).encoded();
      const ends = decodeStateVector(encodeStateVectorFromUpdate(content));
      const clients = new Clients(server);
      await seed(clients, [name], content);
      const join = async (times: number) => {
        const ids = Array.from({ length: times }, () => name);
        await untilKnown(await clients.connect(ids), ends);
      };
      await join(10);
      const counts = await new Counter(server).during(async () => await join(count));
      clients.close();
      return divided(counts, count);
    },
  };
}

function divided(counts: Counts, by: number): Counts {
  const { framesOut, bytesOut, writes, commits, allocated } = counts;
  return {
    framesOut: framesOut / by,
    bytesOut: bytesOut / by,
    writes: writes / by,
    commits: commits / by,
    allocated: allocated / by,
  };
}

export const SMOKE_CASES: readonly SmokeCase[] = [
  bursts('typing', 2, 1, 200),
  bursts('fanout', 50, 10, 30),
  moves('presence', 40, 8),
  joins('join', 100 * 1024, 100),
];
