import type * as Y from 'yjs';
import { SynclineProvider } from './provider.ts';
import type { ProviderOptions } from './provider-options.ts';

/** The subdocuments of a Y.Doc that the application has loaded: each gets a provider on the same connection. */
export class Subdocuments {
  readonly providers = new Map<string, SynclineProvider>();
  readonly #parent: SynclineProvider;
  readonly #options: ProviderOptions;
  #doc: Y.Doc | undefined;

  constructor(parent: SynclineProvider, options: ProviderOptions) {
    this.#parent = parent;
    this.#options = options;
  }

  /** Follows this Y.Doc from now on, and no other. */
  watch(doc: Y.Doc): void {
    if (this.#options.subdocuments === false) return;
    this.#doc?.off('subdocs', this.#onSubdocs);
    for (const guid of this.providers.keys()) this.#remove(guid);
    this.#doc = doc;
    doc.on('subdocs', this.#onSubdocs);
    for (const subdoc of doc.getSubdocs()) if (subdoc.shouldLoad) this.#add(subdoc);
  }

  async close(): Promise<void> {
    this.#doc?.off('subdocs', this.#onSubdocs);
    const providers = [...this.providers.values()];
    this.providers.clear();
    await Promise.all(providers.map((provider) => provider.close()));
  }

  readonly #onSubdocs = ({
    loaded,
    removed,
  }: {
    loaded: Set<Y.Doc>;
    removed: Set<Y.Doc>;
  }): void => {
    for (const subdoc of removed) this.#remove(subdoc.guid);
    for (const subdoc of loaded) this.#add(subdoc);
  };

  #add(doc: Y.Doc): void {
    this.#remove(doc.guid);
    const { subdocuments, offline, schema } = this.#options;
    const parent = this.#parent.documentId;
    try {
      const documentId =
        typeof subdocuments === 'function'
          ? subdocuments(doc.guid, parent)
          : `${parent}/${doc.guid}`;
      const provider = new SynclineProvider({
        connection: this.#parent.connection,
        documentId,
        doc,
        ...(offline && { offline }),
        ...(schema && { schema }),
        ...(subdocuments !== undefined && { subdocuments }),
      });
      provider.on('warning', (problem) => this.#parent.emit('warning', [problem]));
      this.providers.set(doc.guid, provider);
    } catch (error) {
      // Whoever made the subdocument chose its guid, and so its name.
      const message = `a subdocument cannot be synced: ${error instanceof Error ? error.message : ''}`;
      this.#parent.emit('warning', [{ code: 'document-id-invalid', message }]);
    }
  }

  #remove(guid: string): void {
    const provider = this.providers.get(guid);
    this.providers.delete(guid);
    void provider?.close();
  }
}
