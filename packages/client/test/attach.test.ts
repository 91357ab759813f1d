import { encodeAwareness } from '@syncline/protocol';
import { sleep, until } from '@syncline/testing';
import { expect, it } from 'vitest';
import { applyAwarenessUpdate } from 'y-protocols/awareness';
import * as Y from 'yjs';
import { provide, textOf } from './harness.ts';
import { attachedTo, ScriptedServer } from './scripted-server.ts';

const transports = ['web-socket'] as const;

it('A4 nothing of a session goes out between attach and attached, and all of it after', async () => {
  const server = await ScriptedServer.start({ attach: () => [] });
  const provider = provide({ url: server.url, documentId: 'notes', transports, tabs: false });
  for (let session = 1; session <= 3; session++) {
    await until('it attaches', () => server.all('attach').length === session);
    const { channel } = server.all('attach').at(-1) as { channel: number };
    const before = server.received.length;
    for (const letter of 'abc') {
      textOf(provider.doc).insert(0, letter);
      await sleep(5);
    }
    textOf(provider.doc).delete(0, 1);
    provider.awareness.setLocalStateField('at', session);
    expect(await provider.send('topic', 'x')).toBe(false);
    const other = { client: 5, clock: session, state: '{}' };
    applyAwarenessUpdate(provider.awareness, encodeAwareness([other]), 'another provider');
    await sleep(50);
    expect(server.received.slice(before).filter(({ type }) => type !== 'ping')).toEqual([]);
    expect(provider.saveState.state).toBe('offline');

    // What is made in the very turn in which it comes goes out too, in order.
    provider.once('access', () => textOf(provider.doc).insert(0, 'z'));
    server.say(...attachedTo(channel));
    await provider.saved();
    const numbers = server
      .all('update')
      .filter((update) => update.channel === channel)
      .map(({ number }) => number);
    expect(numbers).toEqual(numbers.map((_, at) => at + 1));
    expect(server.all('awareness').at(-1)?.channel).toBe(channel);
    const copy = new Y.Doc();
    for (const { update } of server.all('update')) Y.applyUpdate(copy, update);
    expect(textOf(copy).toString()).toBe(textOf(provider.doc).toString());
    provider.disconnect();
    provider.connect();
  }
});
