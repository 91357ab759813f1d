export type {
  Append,
  Appended,
  Checkpoint,
  DocumentStore,
  Entry,
  Epoch,
  NewEntry,
  Seq,
  StoredDocument,
} from './document-store.ts';
export { EPOCH_BYTES, newEpoch } from './epoch.ts';
export { MemoryStore } from './memory-store.ts';
