import type { Writable } from 'node:stream';
import { expect, it } from 'vitest';
import * as ws from 'ws';
import { webSocketFrame } from './frame.ts';

/** What ws reads frames with; its types do not name it. */
const { Receiver } = ws as unknown as { Receiver: new () => Writable };

it.each([0, 1, 125, 126, 65_535, 65_536, 1_000_000])(
  'a frame of %i bytes is read by ws as one binary message',
  async (length) => {
    const payload = new Uint8Array(length).map((_, index) => index % 251);
    const receiver = new Receiver();
    const message = new Promise<{ data: Buffer; isBinary: boolean }>((resolve) => {
      receiver.on('message', (data: Buffer, isBinary: boolean) => resolve({ data, isBinary }));
    });
    receiver.write(webSocketFrame(payload));
    const { data, isBinary } = await message;
    expect(isBinary).toBe(true);
    expect(Buffer.compare(data, payload)).toBe(0);
  },
);
