export type { Timeouts } from './connections.ts';
export type { OnState } from './database.ts';
export { type Migrated, migrate } from './migrate.ts';
export { PostgresStore, type PostgresStoreOptions } from './postgres-store.ts';
