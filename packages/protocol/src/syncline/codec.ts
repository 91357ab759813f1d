import { type Encoder, encode, writeVarUint } from 'lib0/encoding';
import { FrameReader } from '../frame-reader.ts';

/** How one type of message is written and read: `varUint(code) body`. */
export interface Codec<Message> {
  readonly code: number;
  /** Writes the body. */
  write(encoder: Encoder, message: Message): void;
  /** Reads the body. Byte fields are views into the frame. @throws SyncError `malformed-frame` */
  read(reader: FrameReader): Message;
}

/** The codecs of a union of messages: one for each, by its name. */
export type Codecs<Message extends { readonly type: string }> = {
  readonly [Type in Message['type']]: Codec<Extract<Message, { readonly type: Type }>>;
};

/** Writes the messages of one direction. */
export function encoderOf<Message extends { readonly type: string }>(
  codecs: Codecs<Message>,
): (message: Message) => Uint8Array {
  const byName = codecs as Readonly<Record<string, Codec<Message>>>;
  return (message) => {
    const codec = byName[message.type];
    if (codec === undefined) throw new TypeError(`there is no message ${message.type}`);
    return encode((encoder) => {
      writeVarUint(encoder, codec.code);
      codec.write(encoder, message);
    });
  };
}

/** Reads the messages of one direction, from bytes that are not trusted. */
export function decoderOf<Message extends { readonly type: string }>(
  codecs: Codecs<Message>,
): (bytes: Uint8Array) => Message {
  const byCode = new Map(Object.values<Codec<Message>>(codecs).map((codec) => [codec.code, codec]));
  return (bytes) => {
    const reader = new FrameReader(bytes);
    const code = reader.varUint();
    const codec = byCode.get(code);
    if (codec === undefined) return reader.refuse(`${code} is no message type of this direction`);
    const message = codec.read(reader);
    reader.end();
    return message;
  };
}

/** A byte that is 0 or 1. */
export function readFlag(reader: FrameReader): boolean {
  const value = reader.u8();
  if (value > 1) reader.refuse(`${value} is neither 0 nor 1`);
  return value === 1;
}

export function writeFlag(encoder: Encoder, value: boolean): void {
  writeVarUint(encoder, value ? 1 : 0);
}
