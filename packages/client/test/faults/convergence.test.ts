import { seedOf } from '@syncline/testing';
import { it } from 'vitest';
import { runTrial } from './trial.ts';

it('clients of all kinds are equal after cut lines and killed servers', async () => {
  const seed = seedOf('CONVERGENCE_SEED');
  console.info(`CONVERGENCE_SEED=${seed}`);
  await runTrial({ seed, faultyMs: 4_000, healMs: 15_000, areCalled: true });
}, 40_000);
