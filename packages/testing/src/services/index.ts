export { backendName, findServices, makeBackend } from './backend.ts';
export { PrivatePostgres } from './private-postgres.ts';
export { findRedis, randomPrefix } from './redis.ts';
export { findPostgres, TestDatabase } from './test-database.ts';
