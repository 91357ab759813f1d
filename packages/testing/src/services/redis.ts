import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';

/** Where the tests' channels are, unless `SYNCLINE_TEST_REDIS` says so. */
const LOCAL_SERVER = 'redis://127.0.0.1:6379';

/** A prefix that no other test has. Channels go with their subscribers, so there is nothing to clean up. */
export function randomPrefix(): string {
  return `syncline-test-${randomBytes(6).toString('hex')}`;
}

/**
 * The server for tests: `SYNCLINE_TEST_REDIS`, else the local one. Undefined, loudly, when there is
 * none; with `CI=true` that is an error.
 */
export async function findRedis(): Promise<string | undefined> {
  const given = process.env['SYNCLINE_TEST_REDIS'];
  const server = given ?? LOCAL_SERVER;
  try {
    await reach(server);
    return server;
  } catch (cause) {
    if (given !== undefined || process.env['CI'] === 'true') {
      throw new Error('there is no Redis to test with', { cause });
    }
    console.warn('SKIPPED: no Redis at 127.0.0.1:6379; set SYNCLINE_TEST_REDIS');
    return undefined;
  }
}

/** Whether the local server answers. */
export async function isRedisHere(): Promise<boolean> {
  return await reach(LOCAL_SERVER).then(
    () => true,
    () => false,
  );
}

async function reach(server: string): Promise<void> {
  const redis = new Redis(server, { lazyConnect: true, retryStrategy: null });
  redis.on('error', () => {});
  try {
    await redis.connect();
  } finally {
    redis.disconnect();
  }
}
