// Appends numbered entries to a store in a process of its own, and says what was acknowledged.
// Usage: node appender.js DIR COUNT [BYTES]. Each line of the output is one acknowledged append or
// a state; with "pid" the process says that it is about to open the store.
import { writeSync } from 'node:fs';
import { LevelStore } from '@syncline/storage-level';

const [directory = '', count = '0', bytes = '16'] = process.argv.slice(2);
const say = (line) => writeSync(1, `${line}\n`);

say(`pid ${process.pid}`);
const store = await LevelStore.open(directory, { onState: (state) => say(`state ${state}`) });
say('open');
const stopping = new AbortController();
process.on('SIGTERM', () => stopping.abort());
for (let number = 1; number <= Number(count) && !stopping.signal.aborted; number++) {
  const update = new Uint8Array(Math.max(Number(bytes), 4));
  crypto.getRandomValues(update.subarray(0, Math.min(update.length, 65_536)));
  new DataView(update.buffer).setUint32(0, number);
  const [appended] = await store.append([
    { documentId: 'document', entries: [{ update, author: 'ada', time: 0 }] },
  ]);
  say(`acknowledged ${appended.head}`);
  if (number % 25 === 0) {
    const seq = appended.head;
    await store.compact('document', appended.epoch, { seq, update });
    say(`compacted ${seq}`);
  }
}
await store.close();
say('closed');
