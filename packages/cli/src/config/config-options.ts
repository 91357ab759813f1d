import type { Options } from '../options.ts';
import { DEFAULTS } from './defaults.ts';

export const FILE_OPTIONS = {
  config: { value: 'FILE', help: 'the configuration (else syncline.config.mjs or .json here)' },
} as const;

export const RULES_OPTIONS = {
  rules: { value: 'FILE', help: 'who may do what, in YAML or JSON: see docs/rules.md' },
} as const;

export const STORE_OPTION = {
  value: 'URL',
  help: 'the PostgreSQL database that has them: postgres://user:password@host/database',
} as const;

export const BUS_OPTIONS = {
  bus: {
    value: 'URL',
    help: 'the Redis that connects the nodes on it: redis://:password@host:6379',
  },
  'bus-prefix': {
    value: 'NAME',
    default: DEFAULTS.busPrefix,
    help: 'what its channels begin with, where installations share it',
  },
} as const;

export const LOG_LEVEL_OPTION = {
  value: 'LEVEL',
  default: DEFAULTS.logLevel,
  help: 'from trace to fatal, or silent',
} as const;

/** What a token must be. */
export const TOKEN_OPTIONS = {
  'auth-secret': {
    value: 'TEXT',
    flag: false,
    help: 'the secret for tokens (HS256); no flag, since others can see command lines',
  },
  'auth-issuer': { value: 'TEXT', help: 'what the claim iss of a token must be' },
  'auth-audience': { value: 'TEXT', help: 'what the claim aud of a token must be' },
} as const;

/** Every setting that makes sense on a command line or in the environment. */
export const SERVE_OPTIONS = {
  ...FILE_OPTIONS,
  host: { value: 'HOST', default: DEFAULTS.host, help: 'the address to listen on' },
  port: {
    value: 'PORT',
    default: String(DEFAULTS.port),
    help: 'the port to listen on; 0 takes any free one',
  },
  'base-path': { value: 'PATH', default: DEFAULTS.basePath, help: 'what all paths begin with' },
  data: { value: 'DIR', default: DEFAULTS.data, help: 'the folder for the documents' },
  store: STORE_OPTION,
  ...BUS_OPTIONS,
  compaction: {
    value: 'on|off',
    help: 'whether it compacts, or leaves that to "syncline worker" (on)',
  },
  memory: {
    value: 'MIB',
    default: String(DEFAULTS.memory),
    help: 'how much documents in memory may take',
  },
  'log-level': LOG_LEVEL_OPTION,
  drain: {
    value: 'SECONDS',
    default: String(DEFAULTS.drain),
    help: 'over how long clients are sent away when it stops',
  },
  ...TOKEN_OPTIONS,
  'auth-public-key': { value: 'FILE', help: 'checks tokens by a public key in PEM' },
  'auth-jwks-url': { value: 'URL', help: 'checks tokens by the keys at an address (JWKS)' },
  'auth-algorithm': { value: 'NAME', help: 'accepts this algorithm alone, as ES256' },
  'allow-anonymous': { env: true, help: 'lets in who shows no token' },
  ...RULES_OPTIONS,
  origin: {
    value: 'ORIGIN',
    env: 'SYNCLINE_ORIGINS',
    many: true,
    help: 'pages that may connect, besides those of this host; * is any',
  },
  'trust-proxy': { value: 'COUNT', help: 'how many proxies stand in front (0)' },
  limit: {
    value: 'NAME=VALUE',
    env: 'SYNCLINE_LIMITS',
    many: true,
    help: 'sets a limit, as updateBytes=8MiB: see docs/configuration.md',
  },
  'schema-min': { value: 'VERSION', help: 'the oldest version of the application to let in' },
  'schema-max': { value: 'VERSION', help: 'the newest version of the application to let in' },
} as const satisfies Options;
