export type { OnState } from './database.ts';
export { type Migrated, migrate } from './migrate.ts';
export type { Timeouts } from './pool.ts';
export { PostgresStore, type PostgresStoreOptions } from './postgres-store.ts';
