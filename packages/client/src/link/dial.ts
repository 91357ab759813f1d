import { dialHttpPoll, dialHttpStream } from './http-link.ts';
import type { Dial, LinkKind } from './link.ts';
import { dialWebSocket } from './web-socket-link.ts';

/** The links to a server. */
export const DIALS: Record<Exclude<LinkKind, 'tab'>, Dial> = {
  'web-socket': dialWebSocket,
  'http-stream': dialHttpStream,
  'http-poll': dialHttpPoll,
};
