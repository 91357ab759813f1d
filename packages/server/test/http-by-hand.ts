import {
  BodyReader,
  type ClientMessageOf,
  Defragmenter,
  decodeServerMessage,
  encodeBody,
  encodeClientMessage,
  type SynclineClientMessage,
  type SynclineServerMessage,
} from '@syncline/protocol';

const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

/** What requests of the HTTP transport carry that are made by hand. */
export const HELLO: ClientMessageOf<'hello'> = {
  type: 'hello',
  versions: [1],
  clientName: 'test',
  clientVersion: '',
  schemaVersion: 0,
  token: '',
};

export const ATTACH: ClientMessageOf<'attach'> = {
  type: 'attach',
  channel: 1,
  documentId: 'document',
  epoch: '',
  since: 0,
  stateVector: Uint8Array.of(0),
  replay: 0,
};

export const bodyOf = (...messages: SynclineClientMessage[]) =>
  Uint8Array.from(encodeBody(messages.map(encodeClientMessage)));

/** The status of an answer that refuses, and its code. */
export const codeOf = async (response: Response) =>
  `${response.status} ${((await response.json()) as { code: string }).code}`;

/**
 * Reads the messages of bodies: of a stream's pieces, or of one poll after the other. Large ones
 * come in fragments, which may go on in the next body.
 */
export class MessageReader {
  readonly #body = new BodyReader(MAX_MESSAGE_BYTES);
  readonly #defragmenter = new Defragmenter(MAX_MESSAGE_BYTES);

  push(chunk: Uint8Array): SynclineServerMessage[] {
    return this.#body.push(chunk).flatMap((frame) => {
      const message = this.#defragmenter.accept(frame);
      return message === undefined ? [] : [decodeServerMessage(message)];
    });
  }

  /** The messages of a body that is whole. */
  async pushBody(response: Response): Promise<SynclineServerMessage[]> {
    const messages = this.push(new Uint8Array(await response.arrayBuffer()));
    this.#body.end();
    return messages;
  }
}
