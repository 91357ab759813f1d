import { Redis, type RedisOptions } from 'ioredis';

/** How long to wait before Redis is tried again: doubled from the first to the last, less a random part. */
const FIRST_PAUSE_MS = 100;
const LAST_PAUSE_MS = 2_000;

/** How long Redis may take to accept a connection, and to answer over it, before that one is given up. */
const CONNECT_MS = 5_000;
const ANSWER_MS = 10_000;

/** How long a connection that is to end may stay, when the other side does not answer. */
const DISCONNECT_MS = 500;

/**
 * Makes a connection to Redis that comes back by itself, for ever, and looks its host up each time.
 * Nothing waits for it: commands fail while it is away, and what has no answer fails when it closes.
 * `onError` is told why; without a listener ioredis writes to the console.
 */
export function connect(
  address: RedisOptions,
  name: string,
  onError: (cause: Error) => void,
): Redis {
  const redis = new Redis({
    ...address,
    connectionName: name,
    retryStrategy: (attempt) =>
      Math.min(FIRST_PAUSE_MS * 2 ** (attempt - 1), LAST_PAUSE_MS) * (0.5 + Math.random() / 2),
    connectTimeout: CONNECT_MS,
    socketTimeout: ANSWER_MS,
    disconnectTimeout: DISCONNECT_MS,
    enableOfflineQueue: false,
    // Only so does ioredis settle the commands of a connection that broke off.
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    // It does not say when it is done.
    autoResubscribe: false,
    // Publish and subscribe work while Redis loads its data.
    enableReadyCheck: false,
    disableClientInfo: true,
  });
  redis.on('error', onError);
  return redis;
}
