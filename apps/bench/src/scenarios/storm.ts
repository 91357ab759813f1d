import { sleep } from '@syncline/testing';
import * as Y from 'yjs';
import type { Magnitudes } from '../config.ts';
import { Clients, knowsNothing } from '../driver/client.ts';
import { checkReaders } from '../driver/completeness.ts';
import { documentWith } from '../driver/prepared.ts';
import { seed, untilKnown } from '../driver/seed.ts';
import { WrittenDocument } from '../driver/written-document.ts';
import { driverFigure, lowerBy, measure, type Scenario, type Target } from './scenario.ts';

const DOCUMENT = 'popular';
/** Paragraphs that were written while the clients were away. */
const MISSED = 4;

interface StormOptions {
  readonly name: string;
  readonly title: string;
  readonly magnitude: 'storm' | 'smallStorm';
  /** Whether clients have all but the newest paragraphs, or nothing: pages that were loaded anew. */
  readonly come: 'back' | 'anew';
  readonly target?: Target;
}

/** A server was restarted, and all clients come at once. */
function storm({ name, title, magnitude, come, target }: StormOptions): Scenario {
  const of = (magnitudes: Magnitudes) => magnitudes[magnitude];
  return {
    name,
    title,
    describe: (magnitudes) => {
      const { clients, bytes } = of(magnitudes);
      const who =
        come === 'back' ? 'who have all but the newest paragraphs' : 'who have nothing of it';
      return `The server was restarted, and ${clients} clients ${who} come at once to a document of ${Math.round(bytes / 1024)} KiB.`;
    },
    figures: [
      {
        key: 'cpu',
        title: 'CPU a client',
        unit: 'ms',
        better: 'lower',
        ...(target && { target }),
      },
      { key: 'wall', title: 'until the last one has all', unit: 'ms', better: 'lower' },
      driverFigure,
    ],
    run: async (stage) => {
      const { clients: count, bytes, quietSeconds } = of(stage.magnitudes);
      const written = new WrittenDocument(bytes);
      const before = written.encoded();
      const away = written.departure();
      written.write(MISSED);
      const all = written.encoded();
      const clients = new Clients(stage.server);
      await seed(clients, [DOCUMENT], all);
      clients.close();
      await sleep(quietSeconds * 1000);
      await stage.server.stop();
      await stage.server.start();

      const expected = Y.snapshot(documentWith([all]));
      const crowd = new Clients(stage.server);
      const knowledge = come === 'back' ? away(all) : knowsNothing;
      const span = await measure(
        stage,
        async () => {
          const ids = Array.from({ length: count }, () => DOCUMENT);
          const open = await crowd.connect(ids, knowledge, count);
          const limitMs = stage.magnitudes.completeSeconds * 1000;
          await untilKnown(open, Y.decodeStateVector(Y.encodeStateVectorFromUpdate(all)), limitMs);
        },
        1,
      );
      checkReaders(crowd.all, expected, come === 'back' ? before : undefined);
      crowd.close();
      return {
        cpu: span.cpuMs / count,
        wall: span.wallMs,
        driver: span.driverPercent,
      };
    },
  };
}

export const stormLarge = storm({
  name: 'storm',
  title: 'Reconnect storm, large document',
  magnitude: 'storm',
  come: 'back',
  target: lowerBy(0.25),
});

export const stormAnew = storm({
  name: 'storm-anew',
  title: 'Storm of new clients, large document',
  magnitude: 'storm',
  come: 'anew',
  target: lowerBy(0.25),
});

export const stormSmall = storm({
  name: 'storm-small',
  title: 'Reconnect storm, small document',
  magnitude: 'smallStorm',
  come: 'back',
});
