export { findRedis as findServer, randomPrefix } from '@syncline/testing/services';
