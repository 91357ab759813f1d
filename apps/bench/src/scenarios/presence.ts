import type { Magnitudes } from '../config.ts';
import { Clients } from '../driver/client.ts';
import { pace } from '../driver/pace.ts';
import { Crowd } from '../driver/presence.ts';
import { driverFigure, lowerBy, measure, type Scenario } from './scenario.ts';

function crowd(name: string, title: string, magnitude: 'presence' | 'crowd'): Scenario {
  const of = (magnitudes: Magnitudes) => magnitudes[magnitude];
  return {
    name,
    title,
    describe: (magnitudes) => {
      const { clients, rate, seconds } = of(magnitudes);
      return `${clients} clients on one document move their cursors, ${rate} moves a second in all, ${seconds} s long. Complete is: everybody knows where everybody ended.`;
    },
    figures: [
      {
        key: 'cpu',
        title: 'CPU an offered move',
        unit: 'µs',
        better: 'lower',
        target: lowerBy(0.3),
      },
      {
        key: 'settled',
        title: 'until all know all, after the last move',
        unit: 'ms',
        better: 'lower',
      },
      { key: 'bytes', title: 'bytes to each client', unit: 'KB', better: 'lower' },
      driverFigure,
    ],
    run: async (stage) => {
      const { clients: count, rate, warmUpSeconds, seconds } = of(stage.magnitudes);
      const { dialect } = stage.server.kind;
      const clients = new Clients(stage.server);
      const open = await clients.connect(Array.from({ length: count }, () => 'meeting'));
      const people = new Crowd(open, dialect);
      for (let person = 0; person < count; person++) people.move(person);
      const limitMs = stage.magnitudes.completeSeconds * 1000;
      await pace(rate * warmUpSeconds, rate, (index) => people.move(index));
      await people.settle(limitMs);
      const bytes = () => open.reduce((sum, client) => sum + client.bytes, 0);
      const before = bytes();
      let settledMs = 0;
      const span = await measure(
        stage,
        async () => {
          await pace(rate * seconds, rate, (index) => people.move(index));
          const moved = performance.now();
          await people.settle(limitMs);
          settledMs = performance.now() - moved;
        },
        1,
      );
      const received = bytes() - before;
      clients.close();
      return {
        cpu: (span.cpuMs * 1000) / (rate * seconds),
        settled: settledMs,
        bytes: received / count / 1000,
        driver: span.driverPercent,
      };
    },
  };
}

export const presence = crowd('presence', 'Presence', 'presence');

export const presenceCrowd = crowd('presence-crowd', 'Presence of a crowd', 'crowd');
