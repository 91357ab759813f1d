import { type Logger, pino } from 'pino';
import { UsageError } from './usage-error.ts';

const STDERR = 2;

/** Logs go to stderr: for people in a terminal, as JSON lines elsewhere. */
export async function createLogger(level: string): Promise<Logger> {
  if (level !== 'silent' && !(level in pino.levels.values)) {
    const levels = Object.keys(pino.levels.values).join(', ');
    throw new UsageError(`--log-level must be one of silent, ${levels}, not "${level}"`);
  }
  if (!process.stderr.isTTY) return pino({ level }, pino.destination(STDERR));
  const { build: pretty } = await import('pino-pretty');
  const stream = pretty({
    destination: STDERR,
    sync: true,
    ignore: 'pid,hostname',
    translateTime: 'SYS:HH:MM:ss.l',
  });
  return pino({ level }, stream);
}
