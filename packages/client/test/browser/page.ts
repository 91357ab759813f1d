import {
  type ConnectionState,
  type SaveState,
  SynclineProvider,
  type Transport,
  warnBeforeLeaving,
} from '../../src/index.ts';
import { openOfflineStore } from '../../src/offline/browser.ts';

export interface OpenOptions {
  readonly url: string;
  readonly offline?: boolean;
  readonly transports?: readonly Transport[];
  readonly warn?: boolean;
}

/** The page that the tests drive: one document, and what it says of itself. */
const app = {
  provider: undefined as SynclineProvider | undefined,
  saveStates: [] as SaveState['state'][],
  states: [] as ConnectionState['status'][],

  async open({ url, offline = false, transports, warn = false }: OpenOptions): Promise<void> {
    const provider = new SynclineProvider({
      url,
      documentId: 'notes',
      ...(offline && { offline: openOfflineStore() }),
      ...(transports && { transports }),
    });
    app.provider = provider;
    provider.on('saveState', ({ state }) => app.saveStates.push(state));
    provider.on('state', ({ status }) => app.states.push(status));
    if (warn) warnBeforeLeaving(provider);
    await provider.whenLoaded;
  },

  type(text: string): void {
    const shared = app.provider?.doc.getText('text');
    shared?.insert(shared.length, text);
  },

  get text(): string {
    return app.provider?.doc.getText('text').toString() ?? '';
  },

  get status(): string {
    return app.provider?.state.status ?? '';
  },

  get saveState(): SaveState | undefined {
    return app.provider?.saveState;
  },

  get transport(): string {
    return app.provider?.connection.transport ?? '';
  },

  async saved(): Promise<void> {
    await app.provider?.saved();
  },

  announce(name: string): void {
    app.provider?.awareness.setLocalState({ name });
  },

  /** The names of all who are seen. */
  get names(): unknown[] {
    return [...(app.provider?.awareness.getStates().values() ?? [])].map((state) => state['name']);
  },
};

declare global {
  interface Window {
    app: typeof app;
  }
}

window.app = app;
