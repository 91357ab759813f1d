import * as Y from 'yjs';
import { SynclineProvider } from './provider.ts';
import type { ProviderOptions } from './provider-options.ts';
import { allSaved, joinSaveStates, type SaveState, saveStateOf } from './save-state.ts';
import { refusalOf } from './session/refusal.ts';

/** One that cannot be synced, with what is in it. */
interface Stray {
  readonly saveState: SaveState;
  readonly code: string;
  forget(): void;
}

/** The subdocuments of a Y.Doc that the application has loaded: each gets a provider on the same connection. */
export class Subdocuments {
  readonly providers = new Map<string, SynclineProvider>();
  readonly #strays = new Map<string, Stray>();
  readonly #parent: SynclineProvider;
  readonly #options: ProviderOptions;
  readonly #onChange: () => void;
  #doc: Y.Doc | undefined;
  #isWanted: boolean;

  /** @param onChange what is saved of them may have changed */
  constructor(parent: SynclineProvider, options: ProviderOptions, onChange: () => void) {
    this.#parent = parent;
    this.#options = options;
    this.#onChange = onChange;
    this.#isWanted = options.connect ?? true;
  }

  /** Of all together. */
  get saveState(): SaveState {
    const all = [...this.providers.values(), ...this.#strays.values()];
    return joinSaveStates(all.map(({ saveState }) => saveState));
  }

  /** As {@link SynclineProvider.saved}, of all. */
  async saved(): Promise<void> {
    await allSaved([...this.providers.values()].map((provider) => provider.saved()));
    for (const { saveState, code } of this.#strays.values()) {
      if (saveState.state !== 'saved') throw refusalOf(code, 'a subdocument cannot be synced');
    }
  }

  /** After their parent: a connection may have room for that alone. */
  connect(): void {
    this.#isWanted = true;
    for (const provider of this.providers.values()) provider.connect();
  }

  disconnect(): void {
    this.#isWanted = false;
    for (const provider of this.providers.values()) provider.disconnect();
  }

  /** Follows this Y.Doc from now on, and no other. */
  watch(doc: Y.Doc): void {
    if (this.#options.subdocuments === false) return;
    this.#doc?.off('subdocs', this.#onSubdocs);
    for (const guid of [...this.providers.keys(), ...this.#strays.keys()]) this.#remove(guid);
    this.#doc = doc;
    doc.on('subdocs', this.#onSubdocs);
    for (const subdoc of doc.getSubdocs()) if (subdoc.shouldLoad) this.#add(subdoc);
  }

  async close(): Promise<void> {
    this.#doc?.off('subdocs', this.#onSubdocs);
    for (const stray of this.#strays.values()) stray.forget();
    this.#strays.clear();
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
    if (removed.size > 0) this.#tryAgain();
    for (const subdoc of loaded) this.#add(subdoc);
    this.#onChange();
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
        connect: this.#isWanted,
        ...(offline && { offline }),
        ...(schema && { schema }),
        ...(subdocuments !== undefined && { subdocuments }),
      });
      this.providers.set(doc.guid, provider);
      this.#listen(doc.guid, provider);
    } catch (error) {
      // Whoever made the subdocument chose its guid, and so its name.
      const code = 'document-id-invalid';
      this.#warn(code, doc.guid, error instanceof Error ? error.message : String(error));
      this.#strays.set(doc.guid, stray(doc, code, this.#onChange));
    }
  }

  #listen(guid: string, provider: SynclineProvider): void {
    provider.on('warning', (problem) => this.#parent.emit('warning', [problem]));
    provider.on('saveState', this.#onChange);
    provider.on('state', (state) => {
      // What the whole connection is refused, the parent's state says.
      const isAlone = provider.connection.state.status !== 'refused';
      if (state.status === 'refused' && isAlone) {
        this.#warn(state.problem.code, guid, state.problem.message);
      }
    });
  }

  #warn(code: string, guid: string, reason: string): void {
    const message = `the subdocument ${guid} cannot be synced: ${reason}`;
    this.#parent.emit('warning', [{ code, message }]);
  }

  #remove(guid: string): void {
    this.#strays.get(guid)?.forget();
    this.#strays.delete(guid);
    const provider = this.providers.get(guid);
    this.providers.delete(guid);
    void provider?.close();
  }

  /** There may be room for those that were too many. */
  #tryAgain(): void {
    for (const provider of this.providers.values()) {
      const { state } = provider;
      if (state.status === 'refused' && state.problem.code === 'too-many-documents') {
        provider.connect();
      }
    }
  }
}

function stray(doc: Y.Doc, code: string, onChange: () => void): Stray {
  const content = Y.encodeStateAsUpdate(doc);
  // Two bytes say that there is nothing.
  let bytes = content.length > 2 ? content.length : 0;
  const onUpdate = (update: Uint8Array): void => {
    bytes += update.length;
    onChange();
  };
  doc.on('update', onUpdate);
  return {
    get saveState() {
      return saveStateOf(bytes, false);
    },
    code,
    forget: () => doc.off('update', onUpdate),
  };
}
