// Opens and closes providers again and again in a process of its own, and says how much memory is left behind.
// Usage: node --expose-gc open-close.js URL own|shared CYCLES [FOLDER]. A line of the output is "heap BYTES"
// after a fifth of the cycles and after all, and "closed" when nothing is open any more.
import { SynclineConnection, SynclineProvider } from '@syncline/client';
import { openOfflineStore } from '@syncline/client/offline';

const [url = '', kind = '', cycles = '0', folder = ''] = process.argv.slice(2);
const connection = kind === 'shared' ? new SynclineConnection({ url }) : undefined;
const offline = folder === '' ? undefined : openOfflineStore({ folder });
const transports = ['web-socket', 'http-stream', 'http-poll'];

async function openAndClose(cycle) {
  const provider = new SynclineProvider({
    ...(connection ? { connection } : { url, transports: [transports[cycle % 3]] }),
    documentId: `document ${cycle % 10}`,
    ...(offline && { offline }),
  });
  provider.awareness.setLocalState({ name: 'Ada', cycle });
  // One in five is closed before anything could come about.
  if (cycle % 5 > 0) {
    await provider.whenSynced;
    provider.doc.getMap('map').set('cycle', cycle);
    await provider.saved();
  }
  await provider.close();
}

for (let cycle = 1; cycle <= Number(cycles); cycle++) {
  await openAndClose(cycle);
  if (cycle !== Number(cycles) / 5 && cycle !== Number(cycles)) continue;
  // What ends with a close has its time to be gone.
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  for (let i = 0; i < 3; i++) globalThis.gc();
  console.log(`heap ${process.memoryUsage().heapUsed}`);
}
connection?.close();
await offline?.close();
console.log('closed');
