export type { Access, ReadOnlyReason } from './access.ts';
export {
  type ConnectionEvents,
  type ConnectionOptions,
  SynclineConnection,
} from './connection/connection.ts';
export type { TokenOption } from './connection/token-source.ts';
export type { Transport } from './connection/transport-choice.ts';
export type { ConnectionState, ConnectionStatus, Problem } from './connection-state.ts';
export type {
  Change,
  OfflineDocument,
  OfflineListener,
  OfflineStore,
  Position,
  SetAside,
} from './local-copy.ts';
export { SynclineProvider } from './provider.ts';
export type {
  DocumentOptions,
  ProviderEvents,
  ProviderOptions,
  Reset,
} from './provider-options.ts';
export { type SaveState, type Saving, warnBeforeLeaving } from './save-state.ts';
export type { Schema } from './schema.ts';
export type { Broadcast, SendOptions } from './session/broadcasts.ts';
export type { JsonValue, Payload } from './session/payload.ts';
