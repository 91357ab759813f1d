import { decodeUtf8, encodeUtf8 } from 'lib0/string';

/** The first byte of a payload says what follows: bytes as they are, or JSON. */
const BYTES = 0;
const JSON_TEXT = 1;

/** What a broadcast carries. */
export type Payload = Uint8Array | JsonValue;

export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/** `u8(0) bytes`, or `u8(1)` and JSON in UTF-8. */
export function encodePayload(payload: Payload): Uint8Array {
  const isBytes = payload instanceof Uint8Array;
  const body = isBytes ? payload : encodeUtf8(JSON.stringify(payload));
  const bytes = new Uint8Array(1 + body.length);
  bytes[0] = isBytes ? BYTES : JSON_TEXT;
  bytes.set(body, 1);
  return bytes;
}

/** What somebody else sent, who may send anything: bytes that are no payload come as they are. */
export function decodePayload(bytes: Uint8Array): Payload {
  const body = bytes.slice(1);
  if (bytes[0] === BYTES) return body;
  if (bytes[0] !== JSON_TEXT) return bytes.slice();
  try {
    return JSON.parse(decodeUtf8(body)) as JsonValue;
  } catch {
    return bytes.slice();
  }
}
