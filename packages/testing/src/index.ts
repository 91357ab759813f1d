export type { Backend } from './backend.ts';
export { cpuTimeOf } from './cpu-time.ts';
export { type Direction, FaultyNetwork } from './faulty-network.ts';
export { freePort } from './free-port.ts';
export {
  HocuspocusClient,
  type HocuspocusClientOptions,
  HocuspocusSocket,
  type HocuspocusVersion,
} from './hocuspocus-client.ts';
export { anonymousMemory } from './memory.ts';
export { Random, seedOf } from './random.ts';
export { RawClient } from './raw-client.ts';
export { RedisServer } from './redis-server.ts';
export { ServerProcess } from './server-process.ts';
export { readFresh, StockClient, type StockClientOptions } from './stock-client.ts';
export {
  GoodbyeError,
  SynclineClient,
  type SynclineClientOptions,
  type TransportName,
} from './syncline/client.ts';
export { type AttachOptions, SynclineSession } from './syncline/session.ts';
export { TemporaryDirectory } from './temporary-directory.ts';
export { applyPatches, generateTrace, loadTrace, type Patch, type Trace } from './trace.ts';
export { sleep, until } from './until.ts';
