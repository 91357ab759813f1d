import { describe, it } from 'vitest';
import { DIALECTS } from './attackers.ts';
import { fuzz } from './fuzzing.ts';
import { Stage } from './stage.ts';

const FRAMES = 100_000;

describe.each(DIALECTS)('in %s', (dialect) => {
  const frames = dialect === 'syncline-http' ? FRAMES / 10 : FRAMES;
  const seed = Number(process.env['FUZZ_SEED'] ?? 1 + Math.floor(Math.random() * 1e9));

  it(`${frames} frames that are nearly right harm nobody (FUZZ_SEED=${seed})`, async () => {
    const stage = await Stage.set({ trustProxy: 1 });
    await fuzz(stage, dialect, { seed, frames });
  });
});
