import { cold } from './cold.ts';
import { documents300, documents2000 } from './documents.ts';
import { fanout, shapes } from './fanout.ts';
import { flood } from './flood.ts';
import { idle } from './idle.ts';
import { memory } from './memory.ts';
import { presence, presenceCrowd } from './presence.ts';
import type { Scenario } from './scenario.ts';
import { stormAnew, stormLarge, stormSmall } from './storm.ts';
import { trace } from './trace.ts';

export const SCENARIOS: readonly Scenario[] = [
  fanout,
  shapes,
  flood,
  documents300,
  documents2000,
  presence,
  presenceCrowd,
  trace,
  cold,
  stormLarge,
  stormAnew,
  stormSmall,
  memory,
  idle,
];

/** @throws Error that lists the names there are. */
export function scenarioNamed(name: string): Scenario {
  const scenario = SCENARIOS.find((scenario) => scenario.name === name);
  if (scenario === undefined) {
    const names = SCENARIOS.map(({ name }) => name).join(', ');
    throw new Error(`there is no scenario "${name}", but: ${names}`);
  }
  return scenario;
}
