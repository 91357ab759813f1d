// Makes a document and deletes it, again and again, in a process of its own. The Nth time the
// document has one entry, and leaves a tombstone, that are the number N.
// Usage: node deleter.js DIR COUNT. Says what was acknowledged like appender.js.
import { writeSync } from 'node:fs';
import { LevelStore } from '@syncline/storage-level';

const [directory = '', count = '0'] = process.argv.slice(2);
const say = (line) => writeSync(1, `${line}\n`);

say(`pid ${process.pid}`);
const store = await LevelStore.open(directory);
for (let number = 1; number <= Number(count); number++) {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, number);
  const entries = [{ update: bytes, author: 'ada', time: 0 }];
  const [appended] = await store.append([{ documentId: 'document', entries }]);
  if (number % 3 === 0) {
    await store.compact('document', appended.epoch, { seq: appended.head, update: bytes });
  }
  await store.delete('document', bytes);
  say(`acknowledged ${number}`);
}
await store.close();
say('closed');
