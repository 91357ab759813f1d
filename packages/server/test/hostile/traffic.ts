import { HocuspocusClient, StockClient, SynclineClient, sleep } from '@syncline/testing';
import { vi } from 'vitest';
import { WebSocket } from 'ws';
import * as Y from 'yjs';
import type { DialectName } from './attackers.ts';

/** A client of a dialect with a document: the real one, unmodified. */
async function openClient(dialect: DialectName, url: string, documentId: string) {
  if (dialect === 'y-websocket') {
    const client = await new StockClient(url, documentId).synced();
    return { doc: client.doc, close: () => client.destroy() };
  }
  if (dialect === 'hocuspocus') {
    const client = await new HocuspocusClient(url, documentId).synced();
    return { doc: client.doc, close: () => client.destroy() };
  }
  const client = await SynclineClient.connect(url);
  const { doc } = await client.attach(documentId);
  return { doc, close: () => client.close() };
}

/** The frames that a real client of a dialect sends while somebody writes, formats and deletes. */
export async function recordTraffic(
  dialect: DialectName,
  url: string,
  documentId: string,
): Promise<Uint8Array[]> {
  const send = vi.spyOn(WebSocket.prototype, 'send');
  try {
    const { doc, close } = await openClient(dialect, url, documentId);
    const text = doc.getText('text');
    for (const word of ['real ', 'words ', 'and 😀 ']) text.insert(text.length, word);
    text.format(0, 4, { bold: true });
    text.delete(2, 5);
    doc.getMap('map').set('nested', new Y.Map([['key', [1, 'two', null]]]));
    doc.getArray('array').push([1, new Y.XmlElement('p'), { a: true }]);
    await sleep(100);
    close();
    return send.mock.calls.map(([data]) => Uint8Array.from(data as Uint8Array));
  } finally {
    send.mockRestore();
  }
}
