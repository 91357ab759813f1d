import { SyncError } from '@syncline/protocol';
import type { RedisOptions } from 'ioredis';

const DEFAULT_PORT = 6379;

/**
 * Where Redis is, and how to log in: `redis://[[user]:password@]host[:port]`, `rediss://` over TLS.
 * @throws SyncError `config-invalid`
 */
export function parseRedisUrl(text: string): RedisOptions {
  if (!URL.canParse(text)) refuse('is not a URL');
  const url = new URL(text);
  if (url.protocol !== 'redis:' && url.protocol !== 'rediss:') {
    refuse('begins with neither redis:// nor rediss://');
  }
  if (url.hostname === '') refuse('names no host');
  if (!['', '/', '/0'].includes(url.pathname)) {
    refuse(
      'names a database: channels belong to all of them, so tell installations apart by a prefix',
    );
  }
  if (url.search !== '' || url.hash !== '') refuse('has something after the address');
  return {
    // An IPv6 address stands in brackets.
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? DEFAULT_PORT : Number(url.port),
    ...(url.username !== '' && { username: decoded(url.username) }),
    ...(url.password !== '' && { password: decoded(url.password) }),
    ...(url.protocol === 'rediss:' && { tls: {} }),
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return refuse('has a name or a password that is not percent-encoded');
  }
}

/** The address is not repeated: it may hold a password. */
function refuse(what: string): never {
  throw new SyncError('config-invalid', `the address of Redis ${what}`);
}
