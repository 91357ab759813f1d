import { sleep } from '@syncline/testing';
import { Clients } from '../driver/client.ts';
import { pace } from '../driver/pace.ts';
import { Crowd } from '../driver/presence.ts';
import { driverFigure, lowerBy, measure, type Scenario } from './scenario.ts';

/** Everybody is there, and nobody does anything. */
export const idle: Scenario = {
  name: 'idle',
  title: 'Idle connections',
  describe: ({ idle: { clients, perDocument, seconds, renewSeconds } }) =>
    `${clients} clients, ${perDocument} on each document, do nothing for ${seconds} s but what stock clients do: renew their awareness each ${renewSeconds} s.`,
  figures: [
    {
      key: 'cpu',
      title: 'CPU a connection and minute',
      unit: 'ms',
      better: 'lower',
      target: lowerBy(0.5),
    },
    { key: 'memory', title: 'memory a connection', unit: 'KB', better: 'lower' },
    driverFigure,
  ],
  run: async (stage) => {
    const { server } = stage;
    const { clients: count, perDocument, seconds, renewSeconds } = stage.magnitudes.idle;
    const clients = new Clients(server);
    // The first connection has the server load what any needs.
    await clients.connect(['first']);
    await sleep(1_000);
    const empty = server.memory();

    const crowds: Crowd[] = [];
    for (let start = 0; start < count; start += perDocument) {
      const ids = Array.from({ length: perDocument }, () => `document-${start}`);
      crowds.push(new Crowd(await clients.connect(ids), server.kind.dialect));
    }
    const renew = (index: number) =>
      crowds[index % crowds.length]?.renew(Math.floor(index / crowds.length));
    for (let index = 0; index < count; index++) renew(index);
    const limitMs = stage.magnitudes.completeSeconds * 1000;
    for (const crowd of crowds) await crowd.settle(limitMs);
    await sleep(5_000);
    const memory = server.memory() - empty;
    const rate = count / renewSeconds;
    const span = await measure(stage, async () => await pace(rate * seconds, rate, renew), 0);
    for (const crowd of crowds) await crowd.settle(limitMs);
    clients.close();
    return {
      cpu: (span.cpuMs / count) * (60_000 / span.wallMs),
      memory: memory / count / 1000,
      driver: span.driverPercent,
    };
  },
};
