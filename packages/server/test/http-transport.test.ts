import { once } from 'node:events';
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import type { SynclineClientMessage, SynclineServerMessage } from '@syncline/protocol';
import { sleep, until } from '@syncline/testing';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { startServerFor } from './clients.ts';
import { ATTACH, bodyOf, codeOf, HELLO, MessageReader } from './http-by-hand.ts';

/** A connection made by hand, request by request. */
async function open(url: string, ...first: SynclineClientMessage[]) {
  const base = `${url.replace('ws', 'http')}/v1/sync`;
  const response = await fetch(base, { method: 'POST', body: bodyOf(HELLO, ...first) });
  const id = response.headers.get('syncline-connection') ?? '';
  const reader = new MessageReader();
  const messages = await reader.pushBody(response);
  const post = (n: number, ...messages: SynclineClientMessage[]) =>
    fetch(`${base}/${id}?n=${n}`, { method: 'POST', body: bodyOf(...messages) });
  const poll = async (after: number | string, init: RequestInit = {}) => {
    const answer = await fetch(`${base}/${id}?after=${after}`, init);
    const next = answer.headers.get('syncline-next') ?? '';
    return { next, messages: await reader.pushBody(answer) };
  };
  /** Polls until a message of a type has come. */
  const pollFor = async (type: SynclineServerMessage['type']) => {
    const all: SynclineServerMessage[] = [...messages];
    for (let after = '0'; !all.some((message) => message.type === type); ) {
      const answer = await poll(after);
      all.push(...answer.messages);
      after = answer.next;
    }
    return all;
  };
  return { base, id, response, messages, post, poll, pollFor };
}

/** The numbered updates that type the letters one after the other. */
function typing(letters: string): SynclineClientMessage[] {
  const doc = new Y.Doc();
  const updates: Uint8Array[] = [];
  doc.on('update', (update: Uint8Array) => updates.push(update));
  for (const letter of letters) doc.getText('text').insert(doc.getText('text').length, letter);
  return updates.map((update, index) => ({
    type: 'update',
    channel: 1,
    number: index + 1,
    update,
  }));
}

describe('what goes up', () => {
  it('P2 begins with hello, and may bring more; the answer begins with welcome', async () => {
    const { url } = await startServerFor();
    const { response, messages, id, pollFor } = await open(url, ATTACH);
    expect(response.headers.get('content-type')).toBe('application/octet-stream');
    expect(messages[0]).toMatchObject({ type: 'welcome', connectionId: id });
    expect((await pollFor('synced')).map(({ type }) => type)).toContain('attached');
  });

  it('P2 has goodbye and no connection where it is refused', async () => {
    const { url, metric } = await startServerFor();
    const base = `${url.replace('ws', 'http')}/v1/sync`;
    for (const body of [bodyOf({ ...HELLO, versions: [9] }), bodyOf(ATTACH)]) {
      const response = await fetch(base, { method: 'POST', body });
      expect(response.headers.get('syncline-connection')).toBeNull();
      expect(await new MessageReader().pushBody(response)).toMatchObject([{ type: 'goodbye' }]);
    }
    expect(await metric('syncline_connections')).toBe(0);
  });

  it.each([
    ['nothing', new Uint8Array()],
    ['half a message', Uint8Array.of(9, 1)],
    ['an empty message', Uint8Array.of(0)],
  ])('P9 is refused when it is %s', async (_, body) => {
    const { url } = await startServerFor();
    const { base, id } = await open(url);
    for (const path of ['', `/${id}?n=1`]) {
      const response = await fetch(base + path, { method: 'POST', body });
      // An empty body that says nothing is one.
      if (path !== '' && body.length === 0) expect(response.status).toBe(204);
      else expect(await codeOf(response)).toBe('400 malformed-frame');
    }
  });

  it('P3 is taken once and in order, though requests are repeated and overtake each other', async () => {
    const { url, stock } = await startServerFor();
    const { post } = await open(url, ATTACH);
    const updates = typing('abcdef');
    const requests: Promise<Response>[] = [];
    for (const index of [3, 1, 5, 1, 3, 0, 4, 0, 2, 2, 5, 1]) {
      requests.push(post(index + 1, updates[index] as SynclineClientMessage));
      await sleep(5);
    }
    const answers = await Promise.all(requests);
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 204));
    await (await stock('document')).hasContent('abcdef');
  });

  it('P3 is answered only when it was taken', async () => {
    const { url } = await startServerFor();
    const { post, base, id } = await open(url, ATTACH);
    let answered = false;
    const second = post(2, { type: 'ping' }).then((response) => {
      answered = true;
      return response.status;
    });
    await sleep(100);
    expect(answered).toBe(false);
    expect((await post(1, { type: 'ping' })).status).toBe(204);
    expect(await second).toBe(204);
    const late = post(9, { type: 'ping' });
    await sleep(50);
    await fetch(`${base}/${id}`, { method: 'DELETE' });
    expect(await codeOf(await late)).toBe('404 connection-unknown');
  });

  it('P9 is put off when too many requests wait for their turn', async () => {
    const { url } = await startServerFor();
    const { post } = await open(url, ATTACH);
    const numbers = Array.from({ length: 9 }, (_, index) => index + 2);
    const answers = numbers.map(async (n) => ({ n, response: await post(n, { type: 'ping' }) }));
    // One more than may wait, whichever comes last; the others are not answered yet.
    const { n: refused, response } = await Promise.race(answers);
    expect(response.headers.get('retry-after')).toBe('1');
    expect(await codeOf(response)).toBe('429 rate-limited');
    await post(1, { type: 'ping' });
    expect((await post(refused, { type: 'ping' })).status).toBe(204);
    for (const { n, response } of await Promise.all(answers)) {
      if (n !== refused) expect(response.status).toBe(204);
    }
  });

  it('P1, P9 has a limit, also for who sends without saying how much', async () => {
    const { url } = await startServerFor();
    const { base, id } = await open(url);
    const body = new Uint8Array(2 * 1024 * 1024 + 1);
    for (const path of ['', `/${id}?n=1`]) {
      const response = await fetch(base + path, { method: 'POST', body });
      expect(await codeOf(response)).toBe('413 body-too-large');
      const chunks = new ReadableStream({
        start(controller) {
          controller.enqueue(body);
          controller.close();
        },
      });
      const init = { method: 'POST', body: chunks, duplex: 'half' } as RequestInit;
      expect(await codeOf(await fetch(base + path, init))).toBe('413 body-too-large');
    }
    const right = await fetch(`${base}/${id}?n=1`, {
      method: 'POST',
      body: bodyOf({ type: 'ping' }),
    });
    expect(right.status).toBe(204);
  });

  it('P9 needs a connection that there is, and a number', async () => {
    const { url } = await startServerFor();
    const { base, id } = await open(url);
    for (const method of ['GET', 'POST', 'DELETE']) {
      expect(await codeOf(await fetch(`${base}/none?n=1`, { method }))).toBe(
        '404 connection-unknown',
      );
    }
    for (const n of ['', '?n=', '?n=x', '?n=-1', '?n=1.5']) {
      const response = await fetch(`${base}/${id}${n}`, { method: 'POST', body: bodyOf() });
      expect(await codeOf(response)).toBe('400 malformed-frame');
    }
    expect(await codeOf(await fetch(`${base}/${id}?after=x`))).toBe('400 malformed-frame');
  });

  it('P7 ends with DELETE', async () => {
    const { url, metric } = await startServerFor();
    const { base, id, pollFor, post } = await open(url, ATTACH);
    await pollFor('synced');
    expect(await metric('syncline_sessions')).toBe(1);
    expect((await fetch(`${base}/${id}`, { method: 'DELETE' })).status).toBe(204);
    expect([await metric('syncline_sessions'), await metric('syncline_connections')]).toEqual([
      0, 0,
    ]);
    expect((await post(1, { type: 'ping' })).status).toBe(404);
  });
});

describe('what comes down', () => {
  it('P5 is answered again with the same when a poll brought no answer', async () => {
    const { url } = await startServerFor();
    const { poll, post } = await open(url);
    await post(1, { type: 'ping' }, ATTACH);
    await until('all waits', async () => (await poll(0)).messages.length >= 3);
    const [lost, again] = [await poll(0), await poll(0)];
    expect(again).toEqual(lost);
    expect(lost.messages.map(({ type }) => type)).toEqual(['pong', 'attached', 'synced']);
    expect(lost.next).toBe('3');
    await post(2, { type: 'ping' });
    const next = await poll(lost.next);
    expect(next).toEqual({ next: '4', messages: [{ type: 'pong' }] });
  });

  it('P5 ends an older poll when a newer one comes', async () => {
    const { url } = await startServerFor();
    const { poll, post } = await open(url);
    const older = poll(0);
    await sleep(50);
    const newer = poll(0);
    expect(await older).toEqual({ next: '0', messages: [] });
    await post(1, { type: 'ping' });
    expect((await newer).messages).toEqual([{ type: 'pong' }]);
  });

  it('P5 is brought by the next poll when the one before was broken off', async () => {
    const { url } = await startServerFor();
    const { poll, post } = await open(url);
    const abort = new AbortController();
    const broken = poll(0, { signal: abort.signal }).catch(() => 'broken');
    await sleep(50);
    abort.abort();
    expect(await broken).toBe('broken');
    await post(1, { type: 'ping' });
    expect(await poll(0)).toEqual({ next: '1', messages: [{ type: 'pong' }] });
  });

  it('P4 ends the connection when its reader goes', async () => {
    const { url, metric } = await startServerFor();
    const { base, id } = await open(url, ATTACH);
    const abort = new AbortController();
    const stream = await fetch(`${base}/${id}?mode=stream`, { signal: abort.signal });
    expect(stream.headers.get('cache-control')).toBe('no-store');
    await until('it is there', async () => (await metric('syncline_sessions')) === 1);
    abort.abort();
    await until('it is gone', async () => (await metric('syncline_connections')) === 0);
    expect(await metric('syncline_sessions')).toBe(0);
  });

  it('P4 has one reader: a second stream ends the first, and costs nothing', async () => {
    const { url } = await startServerFor();
    const { base, id, post } = await open(url);
    const streams = [
      await fetch(`${base}/${id}?mode=stream`),
      await fetch(`${base}/${id}?mode=stream`),
    ];
    const first = (await streams[0]?.arrayBuffer()) as ArrayBuffer;
    expect(first.byteLength).toBe(0);
    const before = process.cpuUsage();
    await sleep(300);
    const { user, system } = process.cpuUsage(before);
    expect(user + system).toBeLessThan(200_000);
    await post(1, { type: 'ping' });
    const { value } = (await streams[1]?.body?.getReader().read()) ?? {};
    expect(new MessageReader().push(value as Uint8Array)).toEqual([{ type: 'pong' }]);
  });
});

describe('pages of other origins', () => {
  it.each([
    ['https://app.example', 'https://app.example'],
    ['https://evil.example', null],
  ])('P9 from %s are let in by configuration alone', async (origin, allowed) => {
    const { url } = await startServerFor({ origins: ['https://app.example'] });
    const { base, id } = await open(url);
    const preflight = await fetch(base, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type',
      },
    });
    expect(preflight.headers.get('access-control-allow-origin')).toBe(allowed);
    const headers = { origin };
    const opened = await fetch(base, { method: 'POST', body: bodyOf(HELLO), headers });
    const polled = await fetch(`${base}/${id}?n=1`, { method: 'POST', body: bodyOf(), headers });
    expect(opened.headers.get('access-control-allow-origin')).toBe(allowed);
    if (allowed === null) {
      expect(await codeOf(opened)).toBe('403 origin-refused');
      expect(await codeOf(polled)).toBe('403 origin-refused');
    } else {
      expect([opened.status, polled.status]).toEqual([200, 204]);
      expect(opened.headers.get('access-control-expose-headers')).toMatch(/syncline-connection/);
    }
  });
});

describe('a client that reads too slowly', () => {
  const value = 'x'.repeat(60_000);

  /** Writes far more than the budget, each of which replaces the one before. */
  async function flood({ yWebsocket }: Awaited<ReturnType<typeof startServerFor>>) {
    const ada = await yWebsocket('document').synced();
    const bob = await yWebsocket('document').synced();
    for (let i = 0; i < 200; i++) {
      ada.doc.getMap('map').set('key', value + i);
      await until('the other has it', () => bob.doc.getMap('map').get('key') === value + i);
    }
  }

  /** Somebody who is brought entries, and what it took. */
  class Reader {
    readonly #map = new Y.Doc().getMap('map');
    bytes = 0;
    /** How many entries came in each message. */
    readonly pieces: number[] = [];

    get hasAll(): boolean {
      return this.#map.get('key') === `${value}199`;
    }

    take(messages: readonly SynclineServerMessage[]): void {
      for (const message of messages) {
        if (message.type !== 'entries') continue;
        this.bytes += message.update.length;
        this.pieces.push(message.to - message.from);
        Y.applyUpdate(this.#map.doc as Y.Doc, message.update);
      }
    }
  }

  it('is left behind by polls, and catches up in one piece', async () => {
    const clients = await startServerFor({ budgetBytes: 200_000 });
    const { poll, pollFor } = await open(clients.url, ATTACH);
    await pollFor('synced');
    await flood(clients);
    const reader = new Reader();
    for (let after = '0'; !reader.hasAll; ) {
      const answer = await poll(after);
      reader.take(answer.messages);
      after = answer.next;
    }
    // Up to the budget one by one, and then all that is left.
    expect(reader.pieces.length).toBeLessThan(10);
    expect(reader.pieces.at(-1)).toBeGreaterThan(180);
    // What was replaced and is not compacted yet comes along: a tail of up to 1 MiB, and what came meanwhile.
    expect(reader.bytes).toBeLessThan(3_000_000);
    expect(await clients.metric('syncline_sessions_left_behind_total')).toBeGreaterThan(0);
  });

  it('is left behind by a stream, and catches up in one piece', async () => {
    const clients = await startServerFor({ budgetBytes: 200_000 });
    const { base, id } = await open(clients.url, ATTACH);
    const { response, request } = await streamOf(`${base}/${id}?mode=stream`);
    await sleep(100);
    response.pause();
    await flood(clients);
    const reader = new Reader();
    const body = new MessageReader();
    response.on('data', (chunk: Buffer) => {
      reader.take(body.push(chunk));
    });
    response.resume();
    await until('it has caught up', () => reader.hasAll);
    // Some of it was in the buffers of the two sockets before the reader was found to be slow.
    expect(reader.pieces.at(-1)).toBeGreaterThan(10);
    expect(reader.bytes).toBeLessThan(11_000_000);
    expect(await clients.metric('syncline_sessions_left_behind_total')).toBeGreaterThan(0);
    request.destroy();
  });
});

async function streamOf(
  url: string,
): Promise<{ response: IncomingMessage; request: ClientRequest }> {
  const request = httpRequest(url);
  request.on('error', () => {});
  request.end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return { response, request };
}
