import type { Backend } from '../backend.ts';
import { TemporaryDirectory } from '../temporary-directory.ts';
import { findRedis, randomPrefix } from './redis.ts';
import { findPostgres, TestDatabase } from './test-database.ts';

const NAMES = ['level+memory', 'postgres+redis'] as const;

/**
 * What the suites that fit every backend run on: `SYNCLINE_TEST_BACKEND`, else `level+memory`. Servers in
 * the process of the tests have a store in memory then, instead of LevelDB.
 */
export const backendName = nameOf(process.env['SYNCLINE_TEST_BACKEND'] ?? 'level+memory');

/** A {@link Backend} of the kind that {@link backendName} says, with nothing in it. */
export async function makeBackend(): Promise<Backend> {
  if (backendName === 'level+memory') return await TemporaryDirectory.make();
  const { postgres, redis } = await findServices();
  const database = await TestDatabase.make(postgres);
  return {
    args: ['--store', database.url, '--bus', redis, '--bus-prefix', randomPrefix()],
    size: () => database.size(),
    remove: () => database.drop(),
  };
}

/** The addresses of both services. @throws Error when one is away: who asks for them does not skip. */
export async function findServices(): Promise<{ postgres: string; redis: string }> {
  const [postgres, redis] = await Promise.all([findPostgres(), findRedis()]);
  if (postgres === undefined || redis === undefined) {
    throw new Error('SYNCLINE_TEST_BACKEND=postgres+redis needs PostgreSQL and Redis');
  }
  return { postgres, redis };
}

function nameOf(value: string): (typeof NAMES)[number] {
  const name = NAMES.find((known) => known === value);
  if (name === undefined) {
    throw new Error(`SYNCLINE_TEST_BACKEND is "${value}", not one of ${NAMES.join(', ')}`);
  }
  return name;
}
