import { SyncError } from '@syncline/protocol';
import { joined } from './joined.ts';

const MAX_BYTES = 512 * 1024 * 1024;

/**
 * Unpacks raw deflate (RFC 1951), as checkpoints come.
 * @param maxBytes of the result
 * @throws SyncError `malformed-frame`: it is none, or not whole; `frame-too-large`
 */
export async function inflateRaw(packed: Uint8Array, maxBytes = MAX_BYTES): Promise<Uint8Array> {
  const { readable, writable } = new DecompressionStream('deflate-raw');
  const writer = writable.getWriter();
  // What fails there fails where it is read, too.
  writer.write(packed as Uint8Array<ArrayBuffer>).catch(() => {});
  writer.close().catch(() => {});
  const reader = readable.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { value } = await reader.read().catch((cause: unknown) => {
      throw new SyncError('malformed-frame', 'what is packed cannot be unpacked', { cause });
    });
    if (value === undefined) return joined(chunks, length);
    length += value.length;
    if (length > maxBytes) {
      reader.cancel().catch(() => {});
      throw new SyncError('frame-too-large', `it unpacks to more than ${maxBytes} bytes`);
    }
    chunks.push(value);
  }
}
