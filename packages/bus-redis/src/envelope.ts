import { type NodeId, readErrorCode } from '@syncline/bus';
import {
  type Codecs,
  decoderOf,
  type ErrorCode,
  encoderOf,
  type FrameReader,
  SyncError,
} from '@syncline/protocol';
import { type Encoder, writeVarString, writeVarUint, writeVarUint8Array } from 'lib0/encoding';

/** Changes when older nodes could not read what newer ones publish. */
export const ENVELOPE_VERSION = 1;

const NODE_AT = 1;
const CONNECTION_AT = 9;
const HEADER_BYTES = 13;

/** Whose a packet is. */
export interface Sender {
  readonly node: NodeId;
  /**
   * How often the sender has connected to publish. What waits in a connection that was given up can
   * reach Redis after what the next one brought: then it is too late for it.
   */
  readonly connection: number;
}

/** What is published. */
export type Packet =
  /** A `DocumentMessage` or a `NodeMessage`; the channel says which. */
  | { readonly type: 'message'; readonly bytes: Uint8Array }
  /** The sender is there. It hears that too, and knows by `count` that the way through Redis is open. */
  | { readonly type: 'beat'; readonly count: number }
  /** The sender could not publish all that it had to say. */
  | { readonly type: 'missed' }
  | { readonly type: 'goodbye' }
  | { readonly type: 'request'; readonly id: number; readonly bytes: Uint8Array }
  | { readonly type: 'answer'; readonly id: number; readonly bytes: Uint8Array }
  | {
      readonly type: 'failure';
      readonly id: number;
      readonly code: ErrorCode;
      readonly message: string;
    };

function bare<Type extends 'missed' | 'goodbye'>(code: number, type: Type) {
  return { code, write() {}, read: () => ({ type }) };
}

/** An id, and bytes. */
function numbered<Type extends 'request' | 'answer'>(code: number, type: Type) {
  return {
    code,
    write(encoder: Encoder, { id, bytes }: { readonly id: number; readonly bytes: Uint8Array }) {
      writeVarUint(encoder, id);
      writeVarUint8Array(encoder, bytes);
    },
    read: (reader: FrameReader) => ({ type, id: reader.varUint(), bytes: reader.bytes() }),
  };
}

const PACKETS: Codecs<Packet> = {
  message: {
    code: 1,
    write: (encoder, { bytes }) => writeVarUint8Array(encoder, bytes),
    read: (reader) => ({ type: 'message', bytes: reader.bytes() }),
  },
  beat: {
    code: 2,
    write: (encoder, { count }) => writeVarUint(encoder, count),
    read: (reader) => ({ type: 'beat', count: reader.varUint() }),
  },
  missed: bare(3, 'missed'),
  goodbye: bare(4, 'goodbye'),
  request: numbered(5, 'request'),
  answer: numbered(6, 'answer'),
  failure: {
    code: 7,
    write(encoder, { id, code, message }) {
      writeVarUint(encoder, id);
      writeVarString(encoder, code);
      writeVarString(encoder, message);
    },
    read: (reader) => ({
      type: 'failure',
      id: reader.varUint(),
      code: readErrorCode(reader),
      message: reader.string(),
    }),
  },
};

const encodePacket = encoderOf(PACKETS);
const decodePacket = decoderOf(PACKETS);

/** What stands before each packet of a connection: version, node and connection, of 1, 8 and 4 bytes. */
export function encodeHeader({ node, connection }: Sender): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt8(ENVELOPE_VERSION);
  header.write(node, NODE_AT, 'hex');
  header.writeUInt32BE(connection, CONNECTION_AT);
  return header;
}

export function encodeEnvelope(header: Buffer, packet: Packet): Buffer {
  return Buffer.concat([header, encodePacket(packet)]);
}

/**
 * Reads whose it is at once, and the rest when it is asked for: half of what a node gets is its own echo.
 * @throws SyncError `malformed-frame`, also from `packet`
 */
export function decodeEnvelope(envelope: Buffer): {
  readonly sender: Sender;
  /** Byte fields are views into the envelope. */
  readonly packet: () => Packet;
} {
  if (envelope.length < HEADER_BYTES) refuse('an envelope ends too early');
  const version = envelope.readUInt8();
  if (version !== ENVELOPE_VERSION) refuse(`${version} is no known version of envelopes`);
  return {
    sender: {
      node: envelope.toString('hex', NODE_AT, CONNECTION_AT) as NodeId,
      connection: envelope.readUInt32BE(CONNECTION_AT),
    },
    packet: () => decodePacket(envelope.subarray(HEADER_BYTES)),
  };
}

function refuse(what: string): never {
  throw new SyncError('malformed-frame', what);
}
