import fc from 'fast-check';
import { it } from 'vitest';
import { cases, tryCase } from './fuzz.ts';

const MINUTES = Number(process.env['FUZZ_MINUTES'] ?? 20);
const SEED = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 31);

it(
  'whatever is accepted, all readers of a log show the same, for many minutes',
  () => {
    let tried = 0;
    console.log(`FUZZ_SEED=${SEED}`);
    fc.assert(
      fc.property(cases, (each) => {
        tryCase(each);
        tried++;
      }),
      {
        seed: SEED,
        numRuns: Number.MAX_SAFE_INTEGER,
        interruptAfterTimeLimit: MINUTES * 60_000,
      },
    );
    console.log(`${tried} logs`);
  },
  (MINUTES + 5) * 60_000,
);
