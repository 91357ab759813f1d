export { findPostgres as findServer, TestDatabase } from '@syncline/testing/services';
