import { request } from 'node:http';
import { parseDocumentId } from '@syncline/protocol';
import { until } from '@syncline/testing';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { DIALECTS, refusalOf } from './attackers.ts';
import { Stage } from './stage.ts';
import { textUpdate } from './updates.ts';

/** Names that are ones of documents, each of its own. */
const NAMES = [
  '.',
  '..',
  '../attacked',
  '*',
  '**',
  '%',
  '%2f',
  '%2F',
  '%00',
  'a',
  'a/b',
  'a/',
  '/a',
  'a b',
  'a?b',
  'a#b',
  'attacked ',
  'Attacked',
  'é', // one code point
  'e\u0301', // two, which look the same
  '😀',
  '\ufffd',
  '__proto__',
  'constructor',
  'x'.repeat(512),
];

/** Names that are none. */
const REFUSED: [string, string][] = [
  ['empty', ''],
  ['64 KB long', 'x'.repeat(65_536)],
  ['over 512 bytes', 'é'.repeat(257)],
  ['with a NUL', 'a\0b'],
  ['with a line feed', 'a\nb'],
  ['with a control character', 'a\u0085b'],
];

describe.each(DIALECTS)('in %s', (dialect) => {
  // The URL of a WebSocket cannot name these; see below for what it can.
  const isPath = dialect === 'y-websocket';
  const names = NAMES.filter((name) => !isPath || !/^\.\.?$/.test(name));

  it('strange names are stored apart, and deleting one touches no other', async () => {
    const stage = await Stage.set();
    for (const documentId of names) {
      const attacker = await stage.attacker(dialect, { documentId });
      expect(attacker.refusals).toEqual([]);
      attacker.update(textUpdate(`of ${documentId}`));
      await until('it is stored', async () => (await stage.stored(documentId))?.head === 1);
    }
    const left = new Set([...names, 'attacked']);
    expect(await listed(stage)).toEqual(left);
    for (const documentId of names) {
      const path = `/v1/documents/${encodeURIComponent(documentId)}`;
      // A URL cannot name these: they are deleted by the command.
      const isNamed = !/^\.\.?$/.test(documentId);
      expect(await remove(stage.server.url, path)).toBe(isNamed ? 204 : 404);
      if (isNamed) left.delete(documentId);
      expect(await listed(stage)).toEqual(left);
    }
    await stage.survives();
  });

  it.each(REFUSED)('a name that is %s is refused', async (_, documentId) => {
    const stage = await Stage.set();
    // 64 KB do not fit into a request, and are refused with it. In Hocuspocus a NUL ends the name,
    // and what begins with one, as an empty name does, is of y-websocket.
    if (isPath && documentId.length > 16_000) return;
    const attacker = await stage.attacker(dialect, { documentId });
    if (dialect === 'hocuspocus' && documentId.includes('\0')) {
      attacker.update(textUpdate('x'));
      await until('it is stored', async () => (await stage.stored('a'))?.head === 1);
    } else if (dialect === 'hocuspocus' && (documentId === '' || documentId.length > 60_000)) {
      expect(await attacker.refusal()).toBe('closed 4400 malformed-frame');
    } else {
      expect(await attacker.refusal()).toBe(refusalOf('document-id-invalid', dialect));
    }
    await stage.survives();
  });
});

it.each(['%', '%zz', '%c3%28', '%ed%a0%80', '%00'])(
  'the path %s of y-websocket is refused: it is no UTF-8 or holds what no name may',
  async (path) => {
    const stage = await Stage.set();
    const socket = new WebSocket(`${stage.url}/${path}`);
    const closed = new Promise<number>((resolve) => socket.on('close', resolve));
    socket.on('open', () => socket.send(Uint8Array.of(0, 0, 1, 0)));
    expect(await closed).toBe(4400);
    await stage.survives();
  },
);

it('lone surrogates are no name', () => {
  for (const name of ['\ud800', 'a\udc00', '\ude00\ud83d']) {
    expect(() => parseDocumentId(name)).toThrow('control characters');
  }
});

async function listed(stage: Stage): Promise<Set<string>> {
  const names = new Set<string>();
  for await (const name of stage.store.list()) names.add(name);
  return names;
}

/** Without a look at the path, as `fetch` would take. */
async function remove(url: string, path: string): Promise<number> {
  return await new Promise((resolve, reject) => {
    const sent = request(url, { method: 'DELETE', path }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.on('error', reject);
    sent.end();
  });
}
