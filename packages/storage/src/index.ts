export type {
  Append,
  Appended,
  AppendOptions,
  Checkpoint,
  DocumentStore,
  DocumentSummary,
  Entry,
  Epoch,
  NewEntry,
  NotAppended,
  ReplaceOptions,
  Seq,
  StoredCheckpoint,
  StoredDocument,
  StoreState,
} from './document-store.ts';
export { EPOCH_BYTES, isSameIncarnation, newEpoch, nextEpoch } from './epoch.ts';
export { MemoryStore } from './memory-store.ts';
export { deflateUpdate, inflateUpdate, type StoredUpdate } from './stored-update.ts';
