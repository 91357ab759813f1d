import { describe, it } from 'vitest';
import { DIALECTS } from './attackers.ts';
import { fuzz } from './fuzzing.ts';
import { Stage } from './stage.ts';

const FRAMES = 5_000;

/** Seeds that once found something; each with what it was. */
const REGRESSIONS: readonly (readonly [what: string, seed: number])[] = [];

describe.each(DIALECTS)('in %s', (dialect) => {
  // Over HTTP each frame is a request.
  const frames = dialect === 'syncline-http' ? FRAMES / 10 : FRAMES;
  const seed = Number(process.env['FUZZ_SEED'] ?? 1 + Math.floor(Math.random() * 1e9));

  it(`frames that are nearly right harm nobody (FUZZ_SEED=${seed})`, async () => {
    const stage = await Stage.set({ trustProxy: 1 });
    await fuzz(stage, dialect, { seed, frames });
  });

  for (const [what, regression] of REGRESSIONS) {
    it(`${what} (seed ${regression})`, async () => {
      const stage = await Stage.set({ trustProxy: 1 });
      await fuzz(stage, dialect, { seed: regression, frames });
    });
  }
});
