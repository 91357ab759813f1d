/** The last frame of a message (here: the only one), with binary content. */
const FIN_BINARY = 0x82;
const MAX_SHORT = 125;
const MAX_16_BIT = 0xffff;

/**
 * A whole binary message from a server, as it goes over the socket (RFC 6455, 5.2; servers do not
 * mask). Made once, it can be written to any number of sockets.
 */
export function webSocketFrame(payload: Uint8Array): Buffer {
  const { length } = payload;
  const headerBytes = length <= MAX_SHORT ? 2 : length <= MAX_16_BIT ? 4 : 10;
  const frame = Buffer.allocUnsafe(headerBytes + length);
  frame.writeUInt8(FIN_BINARY, 0);
  if (headerBytes === 2) {
    frame.writeUInt8(length, 1);
  } else if (headerBytes === 4) {
    frame.writeUInt8(126, 1);
    frame.writeUInt16BE(length, 2);
  } else {
    frame.writeUInt8(127, 1);
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  frame.set(payload, headerBytes);
  return frame;
}
