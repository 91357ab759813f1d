export { type ServerOptions, type SyncServer, startServer } from './server.ts';
