/** `@syncline/server/operator`: what is done with documents in a store, by hand or in the background. */
export { mergeUpdates } from './admin/content.ts';
export { decodeDocumentFile, encodeDocumentFile } from './admin/document-file.ts';
export type * from './admin/operator.ts';
export { type EndSessions, type LiveDocuments, StoreOperator } from './admin/store-operator.ts';
export { Compactor } from './compaction/compactor.ts';
export { type Pace, Sweep } from './compaction/sweep.ts';
