import { type DocumentId, SyncError } from '@syncline/protocol';
import {
  type CompactionReport,
  type DocumentReport,
  decodeDocumentFile,
  type ExportedDocument,
  type ImportOptions,
  type Operator,
  type Selection,
  type UnreadableDocument,
} from '@syncline/server/operator';
import type { Appended } from '@syncline/storage';
import { errorOf, type Query, type RemoteServer } from './remote-server.ts';

/** An `Operator` that asks a running server. */
export class RemoteOperator implements Operator {
  readonly #server: RemoteServer;

  constructor(server: RemoteServer) {
    this.#server = server;
  }

  async *names({ changed }: Selection = {}): AsyncIterable<DocumentId> {
    for await (const line of this.#lines({ names: true, changed })) {
      yield (line as { documentId: DocumentId }).documentId;
    }
  }

  async *list({ changed }: Selection = {}): AsyncIterable<DocumentReport | UnreadableDocument> {
    yield* this.#lines({ changed }) as AsyncIterable<DocumentReport | UnreadableDocument>;
  }

  async inspect(documentId: DocumentId): Promise<DocumentReport> {
    const response = await this.#ask('GET', pathOf(documentId));
    return (await response.json()) as DocumentReport;
  }

  async compact(documentId: DocumentId): Promise<CompactionReport> {
    const response = await this.#ask('POST', `${pathOf(documentId)}/compact`);
    return (await response.json()) as CompactionReport;
  }

  async reset(documentId: DocumentId): Promise<Appended> {
    const response = await this.#ask('POST', `${pathOf(documentId)}/reset`);
    return (await response.json()) as Appended;
  }

  async export(documentId: DocumentId): Promise<ExportedDocument> {
    const response = await this.#ask('GET', `${pathOf(documentId)}/export`);
    const file = decodeDocumentFile(await this.#server.read(response));
    if (!('epoch' in file)) throw new SyncError('internal', 'the server sent no document file');
    return file;
  }

  async import(
    documentId: DocumentId,
    update: Uint8Array,
    { replace }: ImportOptions = {},
  ): Promise<Appended> {
    const response = await this.#ask('PUT', pathOf(documentId), { replace }, update);
    return (await response.json()) as Appended;
  }

  async delete(documentId: DocumentId): Promise<void> {
    await this.#ask('DELETE', pathOf(documentId));
  }

  async close(): Promise<void> {}

  async *#lines(query: Query): AsyncIterable<object> {
    const response = await this.#ask('GET', '', query);
    const decoder = new TextDecoder();
    let rest = '';
    try {
      for await (const chunk of response.body ?? []) {
        const lines = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) {
          const value = JSON.parse(line) as object;
          if ('error' in value && !('documentId' in value)) throw errorOf(value.error, 500);
          yield value;
        }
      }
    } catch (error) {
      throw error instanceof SyncError ? error : this.#server.unreachable(error);
    }
  }

  async #ask(method: string, path: string, query: Query = {}, body?: Uint8Array) {
    return await this.#server.ask(method, `documents${path}`, query, body);
  }
}

function pathOf(documentId: DocumentId): string {
  // In a URL these stand for other folders, also when they are percent-encoded.
  if (documentId === '.' || documentId === '..') {
    const message = `a server cannot be asked for "${documentId}"; stop it, and use --data`;
    throw new SyncError('document-id-invalid', message);
  }
  return `/${encodeURIComponent(documentId)}`;
}
