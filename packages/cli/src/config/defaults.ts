import type { Config } from './schema.ts';

/** What holds where nobody says otherwise. Limits have theirs in the server. */
export const DEFAULTS = {
  host: '127.0.0.1',
  port: 1234,
  basePath: '/',
  data: './data',
  busPrefix: 'syncline',
  compaction: true,
  memory: 512,
  logLevel: 'info',
  drain: 0,
  allowAnonymous: false,
  origins: [],
  trustProxy: 0,
} as const satisfies Config;
