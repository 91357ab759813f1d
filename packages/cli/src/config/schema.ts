import { RIGHT_NAMES } from '@syncline/protocol';
import {
  type Authenticate,
  DEFAULT_LIMITS,
  JWT_ALGORITHMS,
  type RuleSource,
} from '@syncline/server/access';
import { pino } from 'pino';
import { z } from 'zod';
import { BUS_EXAMPLE, isBusUrl, isStoreUrl, STORE_EXAMPLE } from '../service-url.ts';
import { parseDuration, parseSize } from './units.ts';

/** A setting that is not as it must be is told so: "port: must be …". */
const text = (what: string) => {
  const error = `must be ${what}`;
  return z.string({ error }).min(1, { error });
};

const whole = (least: number, most: number) => {
  const range =
    most === Number.MAX_SAFE_INTEGER ? `of ${least} or more` : `from ${least} to ${most}`;
  const error = `must be a whole number ${range}`;
  return z.int({ error }).min(least, { error }).max(most, { error });
};

const oneOf = <const T extends readonly string[]>(names: T) =>
  z.enum(names, { error: `must be one of ${names.join(', ')}` });

const check = (what: string, isRight: (text: string) => boolean) => {
  const error = `must be ${what}`;
  return z.string({ error }).refine(isRight, { error });
};

const isHttpUrl = (text: string) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);

const origin = check(
  'an origin like https://example.com, or *',
  (text) => text === '*' || (isHttpUrl(text) && new URL(text).origin === text),
);

const toggle = z.boolean({ error: 'must be true or false' });
const object = 'must be an object';

/** A limit's name says its unit, and a value may say it too: `64MiB`, `30s`. */
function limit(name: string) {
  const [read, example] = /Bytes(Per|$)/.test(name)
    ? [parseSize, ', or a size like "64MiB"']
    : name.endsWith('Ms')
      ? [parseDuration, ', or a time like "30s"']
      : [undefined, ''];
  const error = `must be a whole number of 1 or more${example}`;
  return z.preprocess(
    (value) => (typeof value === 'string' ? (read?.(value) ?? value) : value),
    z.int({ error }).min(1, { error }),
  );
}

export const LIMIT_NAMES = Object.keys(DEFAULT_LIMITS) as (keyof typeof DEFAULT_LIMITS)[];

const limits = Object.fromEntries(
  LIMIT_NAMES.map((name) => [name, limit(name).optional()]),
) as unknown as Record<keyof typeof DEFAULT_LIMITS, z.ZodOptional<z.ZodInt>>;

const condition = text('an expression in quotes, as "true"').optional();

export const RuleSchema = z.strictObject(
  {
    document: text('a pattern of document names'),
    ...(Object.fromEntries(RIGHT_NAMES.map((name) => [name, condition])) as Record<
      (typeof RIGHT_NAMES)[number],
      typeof condition
    >),
  },
  { error: ({ code }) => (code === 'invalid_type' ? object : undefined) },
) satisfies z.ZodType<RuleSource>;

export const RulesSchema = z.array(RuleSchema, { error: 'must be a list of rules' });

const group = <T extends z.ZodRawShape>(shape: T) =>
  z.strictObject(shape, { error: ({ code }) => (code === 'invalid_type' ? object : undefined) });

/** What a configuration file may hold. Flags and variables are brought into the same shape. */
export const ConfigSchema = group({
  host: text('an address to listen on').optional(),
  port: whole(0, 65_535).optional(),
  basePath: check('a path like /sync', (path) => /^\/[^?#\s]*$/.test(path)).optional(),
  data: text('the path of a folder').optional(),
  store: check(`an address like ${STORE_EXAMPLE}`, isStoreUrl).optional(),
  bus: check(`an address like ${BUS_EXAMPLE}`, isBusUrl).optional(),
  busPrefix: check('text without spaces', (name) => /^\S+$/.test(name)).optional(),
  compaction: z.boolean({ error: 'must be true or false, or in a flag on or off' }).optional(),
  memory: whole(1, 1_048_576).optional(),
  logLevel: oneOf(['silent', ...Object.keys(pino.levels.values)]).optional(),
  drain: whole(0, 3_600).optional(),
  allowAnonymous: toggle.optional(),
  origins: z.array(origin, { error: 'must be a list of origins' }).optional(),
  trustProxy: whole(0, 100).optional(),
  auth: group({
    secret: text('text of at least 32 bytes').optional(),
    publicKey: text('a public key in PEM, or the path of a file with it').optional(),
    algorithm: oneOf(JWT_ALGORITHMS).optional(),
    jwksUrl: check('an http or https URL', isHttpUrl).optional(),
    issuer: text('text').optional(),
    audience: text('text').optional(),
  }).optional(),
  authenticate: z
    .custom<Authenticate>((value) => typeof value === 'function', {
      error: 'must be a function, in syncline.config.mjs',
    })
    .optional(),
  rules: z
    .union([text('a path'), RulesSchema], {
      error: 'must be a list of rules, or the path of a file with them',
    })
    .optional(),
  limits: group(limits).optional(),
  schema: group({
    min: whole(0, Number.MAX_SAFE_INTEGER).optional(),
    max: whole(0, Number.MAX_SAFE_INTEGER).optional(),
  }).optional(),
});

export type Config = z.infer<typeof ConfigSchema>;

/** Settings by their dotted names: `port`, `auth.issuer`, `limits.frameBytes`. */
export const GROUPS = ['auth', 'limits', 'schema'] as const;
