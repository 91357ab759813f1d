import { RedisServer } from '../redis-server.ts';
import { PrivatePostgres } from './private-postgres.ts';
import { isRedisHere } from './redis.ts';
import { isPostgresHere } from './test-database.ts';

/**
 * A global set-up of vitest: starts PostgreSQL and Redis where a run of tests has none, and returns what
 * stops those that it started.
 */
export default async function startServices(): Promise<() => Promise<void>> {
  const started: { remove(): Promise<void> }[] = [];
  if (process.env['SYNCLINE_TEST_POSTGRES'] === undefined && !(await isPostgresHere())) {
    const postgres = await PrivatePostgres.make();
    started.push(postgres);
    process.env['SYNCLINE_TEST_POSTGRES'] = postgres.url;
  }
  if (process.env['SYNCLINE_TEST_REDIS'] === undefined && !(await isRedisHere())) {
    const redis = await RedisServer.make();
    started.push(redis);
    await redis.start();
    process.env['SYNCLINE_TEST_REDIS'] = redis.url;
  }
  return async () => {
    for (const service of started) await service.remove();
  };
}
