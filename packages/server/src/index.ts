export { mergeUpdates } from './admin/content.ts';
export { decodeDocumentFile, encodeDocumentFile } from './admin/document-file.ts';
export type * from './admin/operator.ts';
export { StoreOperator } from './admin/store-operator.ts';
export { Compactor } from './compaction/compactor.ts';
export { type ServerOptions, type SyncServer, startServer } from './server.ts';
