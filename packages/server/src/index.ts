/** A server. What else this package has is in `index-access.ts` and `index-operator.ts`, which load far less. */
export { type ServerOptions, type SyncServer, startServer } from './server.ts';
