import { seedOf } from '@syncline/testing';
import { expect, it } from 'vitest';
import { keepPromises } from './promised-marks.ts';

it('what saved() resolved for is in a fresh reader after forty kills', async () => {
  const seed = seedOf('DURABILITY_SEED');
  console.info(`DURABILITY_SEED=${seed}`);
  expect(await keepPromises({ seed, rounds: 40 })).toBeGreaterThan(200);
}, 300_000);
