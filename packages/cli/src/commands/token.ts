import { SyncError } from '@syncline/protocol';
import { mintToken } from '@syncline/server/access';
import { defineCommand } from '../command.ts';
import { FILE_OPTIONS, TOKEN_OPTIONS } from '../config/config-options.ts';
import { loadSettings, type Settings } from '../config/settings.ts';
import { parseDuration } from '../config/units.ts';
import { print } from '../output.ts';
import { UsageError } from '../usage-error.ts';

const MIN_TTL_MS = 1_000;

export const command = defineCommand({
  about: `Makes a token that a server with the same secret accepts, and prints it and nothing else: for
trying things out, for scripts, and for operators. Your application makes its own, with any
library for JSON Web Tokens and HS256.

Make a secret with "openssl rand -base64 32", and keep it where the server and this command find
it: in SYNCLINE_AUTH_SECRET, or as auth.secret in the configuration.`,
  options: {
    user: { value: 'ID', env: false, help: 'whose token it is: the claim sub' },
    ttl: { value: 'TIME', env: false, default: '1h', help: 'how long it holds: 30s, 15m, 1h, 7d' },
    claims: { value: 'JSON', env: false, help: 'what else it says' },
    admin: { help: 'adds the claim admin: who has it may do everything, if no rules are written' },
    ...FILE_OPTIONS,
    ...TOKEN_OPTIONS,
  },
  examples: [
    'token --user ada',
    `token --user ada --ttl 7d --claims '{"teams":["red"]}'`,
    'token --user me --admin --ttl 5m',
  ],
  run: async (given) => {
    const { user, ttl, claims, admin } = given.options;
    if (user === undefined || user === '') throw new UsageError('--user is missing');
    const ttlMs = parseDuration(ttl);
    if (ttlMs === undefined || ttlMs < MIN_TTL_MS) {
      throw new UsageError(`--ttl must be a time like 30s, 15m, 1h or 7d, not "${ttl}"`);
    }
    const settings = await loadSettings(given);
    const { issuer, audience } = settings.values.auth ?? {};
    const minted = await mintToken({
      secret: secretOf(settings),
      user,
      ttlSeconds: Math.round(ttlMs / 1_000),
      claims: { ...(claims !== undefined && readClaims(claims)), ...(admin && { admin: true }) },
      issuer,
      audience,
    });
    await print(`${minted}\n`);
  },
});

function secretOf({ values, way, sourceOf }: Settings): string {
  const { secret } = values.auth ?? {};
  if (secret !== undefined) return secret;
  if (way !== undefined) {
    const message = `${way} (${sourceOf(way)}) says who users are, so tokens come from there; this command makes those that are signed with a secret`;
    throw new SyncError('config-invalid', message);
  }
  const message =
    'there is no secret to sign with; make one with "openssl rand -base64 32", and set SYNCLINE_AUTH_SECRET to it for the server and for this command';
  throw new SyncError('config-invalid', message);
}

function readClaims(text: string): Readonly<Record<string, unknown>> {
  let claims: unknown;
  try {
    claims = JSON.parse(text) as unknown;
  } catch {
    claims = undefined;
  }
  if (typeof claims === 'object' && claims !== null && !Array.isArray(claims)) {
    return claims as Record<string, unknown>;
  }
  throw new UsageError(`--claims must be a JSON object, as '{"teams":["red"]}'`);
}
