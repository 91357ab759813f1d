export { anonymousMemory } from './memory.ts';
export { RawClient } from './raw-client.ts';
export { ServerProcess } from './server-process.ts';
export { readFresh, StockClient } from './stock-client.ts';
export { TemporaryDirectory } from './temporary-directory.ts';
export { applyPatches, generateTrace, loadTrace, type Patch, type Trace } from './trace.ts';
export { sleep, until } from './until.ts';
