import { Writable } from 'node:stream';
import { type Logger, pino } from 'pino';

/** A logger that hides nothing, and writes its lines there. */
export function loggerTo(lines: string[]): Logger {
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString());
      done();
    },
  });
  return pino({ level: 'trace' }, stream);
}
