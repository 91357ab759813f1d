import { Random, seedOf } from '@syncline/testing';
import { it } from 'vitest';
import { runTrial } from './trial.ts';

const TRIALS = 6;

it('clients of all kinds are equal after long sessions full of faults, again and again', async () => {
  const first = seedOf('CONVERGENCE_SEED');
  const seeds = new Random(first);
  for (let trial = 0; trial < TRIALS; trial++) {
    // The first one is the given seed itself, so that one that failed can be repeated.
    const seed = trial === 0 ? first : seeds.below(2 ** 31);
    console.info(`CONVERGENCE_SEED=${seed}`);
    // Nobody is told to try again at once: the longest wait between two tries is 20 s.
    await runTrial({ seed, faultyMs: 20_000, healMs: 60_000 });
  }
}, 600_000);
