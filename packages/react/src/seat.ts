import { createPresence, Listeners, type Presence } from '@syncline/bindings';
import type { Broadcast, SynclineProvider as DocumentProvider } from '@syncline/client';
import * as Y from 'yjs';
import { closeWhenSaved } from './close-when-saved.ts';
import { provide, type SourceProps } from './document-props.ts';

/** What hooks work on. Another object when one of these is another. */
export interface Attached {
  /** It is there from the first render on, and becomes the provider's. Another one after a `reset`. */
  readonly doc: Y.Doc;
  /** Undefined until the component is on the page, so also on a server. */
  readonly provider: DocumentProvider | undefined;
  readonly presence: Presence<object> | undefined;
}

/**
 * One document in a component. It is made in a render, and does nothing until an effect holds it: React throws
 * renders away, and renders on servers.
 */
export class Seat {
  readonly #changes = new Listeners();
  readonly #selfChanges = new Listeners();
  readonly #broadcasts = new Listeners<[Broadcast]>();
  /** The application's own provider, which is not closed here. */
  readonly #given: DocumentProvider | undefined;
  #attached: Attached;
  #isLoaded = false;
  #self: object | null = null;
  #isHeld = false;
  #isUsed = false;
  /** Ends what `#open` began. */
  #close: (() => void) | undefined;
  #unwatch: (() => void) | undefined;

  constructor(given: DocumentProvider | undefined) {
    this.#given = given;
    this.#attached = { doc: given?.doc ?? new Y.Doc(), provider: given, presence: undefined };
  }

  readonly subscribe = (listener: () => void): (() => void) => this.#changes.add(listener);

  readonly attached = (): Attached => this.#attached;

  /** There is content to show; see `useDocument`. */
  readonly isLoaded = (): boolean => this.#isLoaded;

  /** Kept here, since it goes to a document that was reset, and is set before there is a provider. */
  readonly self = (): object | null => this.#self;

  readonly subscribeSelf = (listener: () => void): (() => void) => this.#selfChanges.add(listener);

  readonly updateSelf = (patch: object): void => {
    const fields = Object.entries({ ...this.#self, ...patch });
    this.#self = Object.freeze(
      Object.fromEntries(fields.filter(([, value]) => value !== undefined)),
    );
    this.#attached.presence?.set(this.#self);
    this.#selfChanges.call();
  };

  readonly onBroadcast = (listener: (broadcast: Broadcast) => void): (() => void) =>
    this.#broadcasts.add(listener);

  /** The component is on the page. @param latest what it was given last */
  hold(latest: () => SourceProps): void {
    this.#isHeld = true;
    if (this.#close === undefined) this.#open(latest);
  }

  /** The component is off the page, maybe for a moment only. */
  release(): void {
    this.#isHeld = false;
    // StrictMode and hot reloading take it off and put it on again in one go.
    queueMicrotask(() => {
      if (!this.#isHeld) this.#close?.();
    });
  }

  /** There is another token: it may be a better one. */
  tokenChanged(): void {
    const { provider } = this.#attached;
    const state = provider?.state;
    if (state?.status === 'refused' && state.problem.code.startsWith('token-')) provider?.connect();
  }

  #open(latest: () => SourceProps): void {
    // What a provider that is gone had in its document cannot be told from what is new.
    const doc = this.#isUsed ? new Y.Doc() : this.#attached.doc;
    const provider =
      this.#given ??
      provide(doc, () => {
        const props = latest();
        if (props.provider !== undefined) throw new TypeError('the provider is another one now');
        return props;
      });
    this.#isUsed = true;

    const parse =
      latest().parsePresence &&
      ((state: Readonly<Record<string, unknown>>) => latest().parsePresence?.(state));
    const attach = (): void => {
      this.#unwatch?.();
      this.#attached.presence?.close();
      const presence = createPresence<object>(provider.awareness, { parse });
      if (this.#self !== null) presence.set(this.#self);
      this.#attached = { doc: provider.doc, provider, presence };
      this.#watchLoading(provider);
      this.#changes.call();
    };
    const onBroadcast = (broadcast: Broadcast): void => this.#broadcasts.call(broadcast);
    provider.on('broadcast', onBroadcast);
    provider.on('reset', attach);
    attach();

    this.#close = () => {
      this.#close = undefined;
      provider.off('broadcast', onBroadcast);
      provider.off('reset', attach);
      this.#unwatch?.();
      this.#attached.presence?.close();
      this.#attached = { ...this.#attached, provider: this.#given, presence: undefined };
      if (this.#given === undefined) void closeWhenSaved(provider);
      this.#changes.call();
    };
  }

  #watchLoading(provider: DocumentProvider): void {
    const { doc } = provider;
    const onSynced = (): void => this.#setLoaded(true);
    const onLoad = (): void => {
      // A stored copy; without one there is nothing to show yet.
      if (doc.isLoaded && doc.store.clients.size > 0) this.#setLoaded(true);
    };
    doc.on('load', onLoad);
    provider.on('synced', onSynced);
    this.#unwatch = () => {
      doc.off('load', onLoad);
      provider.off('synced', onSynced);
    };
    this.#isLoaded = provider.synced;
    onLoad();
  }

  #setLoaded(isLoaded: boolean): void {
    if (this.#isLoaded === isLoaded) return;
    this.#isLoaded = isLoaded;
    this.#changes.call();
  }
}
