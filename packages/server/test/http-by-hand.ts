import {
  type ClientMessageOf,
  encodeBody,
  encodeClientMessage,
  type SynclineClientMessage,
} from '@syncline/protocol';

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
