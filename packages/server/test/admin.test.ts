import { type OutgoingHttpHeaders, request } from 'node:http';
import type { DocumentId } from '@syncline/protocol';
import { MemoryStore } from '@syncline/storage';
import { sleep, until } from '@syncline/testing';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { refusalOf } from '../src/admin/access.ts';
import { decodeDocumentFile, encodeDocumentFile } from '../src/index-operator.ts';
import { type Harness, startHarness } from './harness.ts';

const ID = 'notes/ö 1%2F' as DocumentId;
const PATH = `/v1/documents/${encodeURIComponent(ID)}`;

/** A text in which something was deleted. */
function update(content: string): Uint8Array {
  const doc = new Y.Doc();
  doc.getText('text').insert(0, `${content} and more`);
  doc.getText('text').delete(content.length, ' and more'.length);
  return Y.encodeStateAsUpdate(doc);
}

function textOf(bytes: Uint8Array): string {
  const doc = new Y.Doc();
  Y.applyUpdate(doc, bytes);
  return doc.getText('text').toString();
}

async function ask(harness: Harness, method: string, path: string, body?: Uint8Array) {
  const response = await fetch(`${harness.server.url}${path}`, { method, ...(body && { body }) });
  const bytes = new Uint8Array(await response.arrayBuffer());
  const text = new TextDecoder().decode(bytes);
  const isJson = response.headers.get('content-type') === 'application/json';
  return { status: response.status, bytes, text, json: isJson ? JSON.parse(text) : undefined };
}

describe('the admin routes', () => {
  it('list, inspect, compact, reset, export, import and delete documents', async () => {
    const harness = await startHarness();
    const content = update('hello');
    expect(await ask(harness, 'PUT', PATH, content)).toMatchObject({
      status: 201,
      json: { documentId: ID, head: 1 },
    });
    const ada = await harness.stock(ID);
    expect(ada.content).toBe('hello');
    ada.text.insert(5, ' world');
    await until('it is stored', async () => (await harness.store.load(ID))?.head === 2);

    const inspected = await ask(harness, 'GET', PATH);
    expect(inspected.json).toEqual({
      documentId: ID,
      ...(await harness.store.inspect(ID)),
      sessions: 1,
    });
    expect(inspected.json).toMatchObject({ head: 2, entries: 1, checkpoint: { seq: 1 } });
    const listed = await ask(harness, 'GET', '/v1/documents');
    expect(listed.text).toBe(`${inspected.text}\n`);
    expect((await ask(harness, 'GET', '/v1/documents?names')).text).toBe(
      `${JSON.stringify({ documentId: ID })}\n`,
    );
    expect((await ask(harness, 'GET', '/v1/documents?changed&names')).text).toContain('notes');

    const compacted = await ask(harness, 'POST', `${PATH}/compact`);
    expect(compacted.json).toMatchObject({
      compacted: true,
      before: { entries: 1 },
      after: { entries: 0 },
    });
    expect((await ask(harness, 'POST', `${PATH}/compact`)).json).toMatchObject({
      compacted: false,
    });
    expect((await ask(harness, 'GET', '/v1/documents?changed')).text).toBe('');

    const exported = await ask(harness, 'GET', `${PATH}/export`);
    const file = decodeDocumentFile(exported.bytes);
    expect(file).toMatchObject({ documentId: ID, epoch: inspected.json.epoch, head: 2 });
    expect(textOf(file.update)).toBe('hello world');

    const again = await ask(harness, 'PUT', '/v1/documents/copy', exported.bytes);
    expect(again.status).toBe(201);
    const copy = decodeDocumentFile((await ask(harness, 'GET', '/v1/documents/copy/export')).bytes);
    expect(copy.update).toEqual(file.update);

    expect((await ask(harness, 'DELETE', PATH)).status).toBe(204);
    expect(await harness.store.load(ID)).toBeUndefined();
  });

  it.each([
    ['GET', PATH, undefined, 404, 'document-missing'],
    ['DELETE', PATH, undefined, 404, 'document-missing'],
    ['POST', `${PATH}/compact`, undefined, 404, 'document-missing'],
    ['POST', `${PATH}/reset`, undefined, 404, 'document-missing'],
    ['GET', `${PATH}/export`, undefined, 404, 'document-missing'],
    ['GET', '/v1/documents/%ff', undefined, 400, 'document-id-invalid'],
    ['GET', '/v1/documents/%00', undefined, 400, 'document-id-invalid'],
    ['PUT', '/v1/documents/there', update('x'), 409, 'document-exists'],
    ['PUT', PATH, new Uint8Array(), 400, 'file-invalid'],
    ['PUT', PATH, Uint8Array.of(1, 2, 3), 422, 'update-refused'],
    ['PUT', PATH, new Uint8Array(2_000), 413, 'body-too-large'],
  ])('answer %s %s of %o with %i and %s', async (method, path, body, status, code) => {
    const harness = await startHarness({ maxImportBytes: 1_000 });
    await ask(harness, 'PUT', '/v1/documents/there', update('y'));
    const answer = await ask(harness, method, path, body);
    expect(answer.status).toBe(status);
    expect(answer.json).toEqual({ code, message: expect.any(String) });
    expect(await harness.store.load(ID)).toBeUndefined();
  });

  it('refuse an update that builds on others', async () => {
    const harness = await startHarness();
    const doc = new Y.Doc();
    doc.getText('text').insert(0, 'first');
    const before = Y.encodeStateVector(doc);
    doc.getText('text').insert(5, ' second');
    const second = Y.encodeStateAsUpdate(doc, before);
    const answer = await ask(harness, 'PUT', PATH, second);
    expect(answer).toMatchObject({ status: 422, json: { code: 'update-refused' } });
  });

  it('refuse a file in which a byte was changed', async () => {
    const harness = await startHarness();
    await ask(harness, 'PUT', PATH, update('hello'));
    const file = (await ask(harness, 'GET', `${PATH}/export`)).bytes;
    for (let at = 0; at < file.length; at++) {
      const damaged = file.slice();
      damaged[at] = (damaged[at] as number) ^ 1;
      expect(() => {
        const { update } = decodeDocumentFile(damaged);
        // A changed beginning is no document file any more; nor is it an update.
        Y.applyUpdate(new Y.Doc(), update);
      }, `byte ${at}`).toThrow();
    }
    const answer = await ask(harness, 'PUT', '/v1/documents/copy', file.slice(0, -1));
    expect(answer).toMatchObject({ status: 400, json: { code: 'file-invalid' } });
  });
});

describe('with sessions', () => {
  it('a deleted document is gone, and its clients stay away', async () => {
    const harness = await startHarness();
    const ada = await harness.stock(ID);
    ada.text.insert(0, 'last words');
    await until('it is stored', async () => (await harness.store.load(ID)) !== undefined);
    expect((await ask(harness, 'DELETE', PATH)).status).toBe(204);
    await until('she was told', () => ada.closeCodes.length > 0);
    expect(ada.closeCodes).toEqual([4410]);
    await sleep(600);
    expect(await harness.store.load(ID)).toBeUndefined();
    expect((await harness.stock(ID)).content).toBe('');
  });

  it('a reset document has a new epoch and all that was typed, and its clients come back', async () => {
    const harness = await startHarness();
    const ada = await harness.stock(ID);
    ada.text.insert(0, 'content');
    await until('it is stored', async () => (await harness.store.load(ID)) !== undefined);
    const before = await harness.store.load(ID);
    const { json } = await ask(harness, 'POST', `${PATH}/reset`);
    expect(json.epoch).not.toBe(before?.epoch);
    expect(await harness.store.load(ID)).toMatchObject({ epoch: json.epoch, head: 1, tail: [] });
    await until('she was told', () => ada.closeCodes.length > 0);
    expect(ada.closeCodes).toEqual([4205]);
    await until('she is back', () => ada.provider.synced && ada.provider.wsconnected);
    ada.text.insert(7, ' and more');
    const bob = await harness.stock(ID);
    await bob.hasContent('content and more');
    expect((await harness.store.load(ID))?.epoch).toBe(json.epoch);
  });

  it('a replaced document has the new content alone, and its clients stay away', async () => {
    const harness = await startHarness();
    const ada = await harness.stock(ID);
    ada.text.insert(0, 'old');
    await until('it is stored', async () => (await harness.store.load(ID)) !== undefined);
    expect((await ask(harness, 'PUT', `${PATH}?replace`, update('new'))).status).toBe(201);
    await until('she was told', () => ada.closeCodes.length > 0);
    expect(ada.closeCodes).toEqual([4411]);
    await sleep(600);
    expect((await harness.stock(ID)).content).toBe('new');
  });

  it('who waits at an empty document sees what is imported', async () => {
    const harness = await startHarness();
    const ada = await harness.stock(ID);
    expect((await ask(harness, 'PUT', PATH, update('imported'))).status).toBe(201);
    await ada.hasContent('imported');
    expect(ada.closeCodes).toEqual([4205]);
  });

  it('who comes while the log changes waits, and gets what it became', async () => {
    /** Replacing takes its time. */
    class SlowStore extends MemoryStore {
      replacing = false;
      override async replace(...args: Parameters<MemoryStore['replace']>) {
        this.replacing = true;
        await sleep(300);
        const appended = await super.replace(...args);
        this.replacing = false;
        return appended;
      }
    }
    const store = new SlowStore();
    const harness = await startHarness({ store });
    await ask(harness, 'PUT', PATH, update('old'));
    const replaced = ask(harness, 'PUT', `${PATH}?replace`, update('new'));
    await until('it is being replaced', () => store.replacing);
    const comers = await Promise.all([1, 2, 3].map(async () => await harness.stock(ID)));
    expect(store.replacing).toBe(false);
    expect(comers.map(({ content }) => content)).toEqual(['new', 'new', 'new']);
    expect((await replaced).status).toBe(201);
    // Two at once: one after the other.
    const epochs = await Promise.all([1, 2].map(() => ask(harness, 'POST', `${PATH}/reset`)));
    expect(new Set(epochs.map(({ json }) => json.epoch)).size).toBe(2);
    expect((await harness.stock(ID)).content).toBe('new');
  });
});

describe('who may ask', () => {
  /** A request with headers that `fetch` does not let one set. */
  function status(url: string, headers: OutgoingHttpHeaders): Promise<[number, string]> {
    return new Promise((resolve, reject) => {
      const outgoing = request(`${url}/v1/documents`, { headers }, (response) => {
        let body = '';
        response.on('data', (chunk: Buffer) => (body += chunk.toString()));
        response.on('end', () => resolve([response.statusCode ?? 0, body]));
      });
      outgoing.on('error', reject);
      outgoing.end();
    });
  }

  it.each([
    { host: 'evil.example' },
    { host: 'localhost.evil.example:1234' },
    { host: '127.0.0.1.evil.example' },
    { host: '192.168.1.2' },
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: 'http://localhost:9999' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { 'x-forwarded-for': '10.0.0.1' },
  ])('a request with %o is refused with 403', async (headers) => {
    const { server } = await startHarness();
    const [code, body] = await status(server.url, headers);
    expect(code).toBe(403);
    expect(JSON.parse(body)).toEqual({ code: 'admin-refused', message: expect.any(String) });
  });

  it('a program on the machine is answered, and a page of the server itself', async () => {
    const { server } = await startHarness();
    const { host, port } = new URL(server.url);
    for (const headers of [
      {},
      { host: `localhost:${port}` },
      { origin: `http://${host}`, 'sec-fetch-site': 'same-origin' },
      { 'sec-fetch-site': 'none' },
    ]) {
      expect((await status(server.url, headers))[0], JSON.stringify(headers)).toBe(200);
    }
  });

  const CALLER = { host: '127.0.0.1:1234', origin: undefined, secFetchSite: undefined };

  it.each([
    ['127.0.0.1', true],
    ['127.8.9.1', true],
    ['::1', true],
    ['::ffff:127.0.0.1', true],
    ['10.0.0.1', false],
    ['::ffff:10.0.0.1', false],
    ['fe80::1', false],
    ['', false],
    [undefined, false],
  ])('a peer at %s is answered: %s', (address, isAnswered) => {
    const refusal = refusalOf({ ...CALLER, address, isForwarded: false });
    expect(refusal === undefined).toBe(isAnswered);
  });

  it.each([
    ['localhost', true],
    ['LOCALHOST:80', true],
    ['[::1]:1234', true],
    ['127.0.0.1', true],
    ['127.0.0.1:80:80', false],
    ['127.evil.example', false],
    ['localhost.', false],
    ['', false],
    [undefined, false],
  ])('the host %s is answered: %s', (host, isAnswered) => {
    const refusal = refusalOf({ ...CALLER, host, address: '::1', isForwarded: false });
    expect(refusal === undefined).toBe(isAnswered);
  });
});

it('a document file is what went in', () => {
  const file = encodeDocumentFile({
    documentId: ID,
    epoch: 'e' as never,
    head: 7 as never,
    update: update('x'),
  });
  expect(decodeDocumentFile(file)).toMatchObject({ documentId: ID, epoch: 'e', head: 7 });
  const asText = Buffer.from(
    Buffer.from(file).toString('latin1').replaceAll('\r\n', '\n'),
    'latin1',
  );
  expect(() => decodeDocumentFile(asText)).toThrow('copied as text');
  const newer = file.slice();
  newer[8] = 2;
  expect(() => decodeDocumentFile(newer)).toThrow('version 2');
});
