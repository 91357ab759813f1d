import { encodeAwareness } from '@syncline/protocol';
import { SynclineClient, sleep, until } from '@syncline/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  connect,
  DIALECTS,
  type DialectClient,
  startGuarded,
  synced,
  tokenOf,
} from './dialect-client.ts';

const ID = 'notes';
/** The Yjs client id that all want. */
const ADAS = 4_711;

/** A session that can send any awareness entry, and somebody who watches. */
async function start() {
  const harness = await startGuarded();
  const watcher = await synced(await connect('y-websocket 3', harness.url, ID));
  const attach = async (user?: string) => {
    const token = user === undefined ? '' : await tokenOf(user, 'editor');
    const client = await SynclineClient.connect(harness.url, { token });
    onTestFinished(() => client.destroy());
    const session = await client.attach(ID);
    return {
      client,
      session,
      announce: (clock: number, state: string | null, id = ADAS) => {
        const update = encodeAwareness([{ client: id, clock, state }]);
        client.send({ type: 'awareness', channel: session.channel, update });
      },
    };
  };
  return { ...harness, watcher, attach };
}

async function sees(watcher: DialectClient, state: unknown): Promise<void> {
  await until(`the state is ${JSON.stringify(state)}`, () => {
    return JSON.stringify(watcher.states.get(ADAS)) === JSON.stringify(state);
  });
}

describe('who announces a state', () => {
  it.each(DIALECTS)('is named by the server in %s', async (dialect) => {
    const { url, watcher } = await start();
    const token = await tokenOf('ada', 'editor');
    const ada = await synced(await connect(dialect, url, ID, { token }));
    ada.announce({ user: { id: 'bob', name: 'Bob', color: 'red' }, cursor: 1 });
    await until('it is seen', () => watcher.states.has(ada.doc.clientID));
    expect(watcher.states.get(ada.doc.clientID)).toEqual({
      user: { id: 'ada', name: 'Bob', color: 'red' },
      cursor: 1,
    });
  });

  it.each([
    '{}',
    '{"user":null}',
    '{"user":"bob"}',
    '{"user":[{"id":"bob"}]}',
    '{"user":{"id":"bob"}}',
    '{"user":{"id":"ada"},"user":{"id":"bob"}}',
    '{"user":{"id":"ada","id":"bob"}}',
    '{"\\u0075ser":{"\\u0069d":"bob"}}',
    '{"__proto__":{"user":{"id":"bob"}}}',
    '{"user":{"__proto__":{"id":"bob"}}}',
    '{"user":{"id":{"toString":"bob"}}}',
    '{"toJSON":"bob","user":{"toJSON":"bob","id":"bob"}}',
  ])('cannot be forged by %s', async (state) => {
    const { watcher, attach } = await start();
    const ada = await attach('ada');
    ada.announce(1, state);
    await until('it is seen', () => watcher.states.has(ADAS));
    const seen = watcher.states.get(ADAS) as { user: { id: unknown } };
    expect(seen.user.id).toBe('ada');
    expect(Object.hasOwn(seen.user, 'id')).toBe(true);
  });

  it('cannot be forged where a state is no object: it is dropped', async () => {
    const { watcher, attach } = await start();
    const ada = await attach('ada');
    ada.announce(1, '"bob"');
    await sleep(100);
    expect(watcher.states.has(ADAS)).toBe(false);
    ada.announce(2, '{"name":"Ada"}');
    await sees(watcher, { name: 'Ada', user: { id: 'ada' } });
  });

  it('does no harm by a state that is nested without end', async () => {
    const { watcher, attach, url } = await start();
    const [eve, ada] = [await attach('eve'), await attach('ada')];
    eve.announce(1, `{"a":${'['.repeat(30_000)}${']'.repeat(30_000)}}`, 1);
    await sleep(100);
    ada.announce(1, '{"cursor":1}');
    await sees(watcher, { cursor: 1, user: { id: 'ada' } });
    expect(eve.client.goodbye?.code).not.toBe('internal');
    await synced(await connect('Hocuspocus 4', url, ID));
  });
});

describe('the state of a user', () => {
  it('cannot be taken over or removed by another', async () => {
    const { watcher, attach } = await start();
    const [ada, eve] = [await attach('ada'), await attach('eve')];
    ada.announce(5, '{"cursor":1}');
    await sees(watcher, { cursor: 1, user: { id: 'ada' } });
    eve.announce(6, '{"cursor":2}');
    eve.announce(7, null);
    eve.announce(5, null);
    await sleep(150);
    await sees(watcher, { cursor: 1, user: { id: 'ada' } });
    ada.announce(6, '{"cursor":3}');
    await sees(watcher, { cursor: 3, user: { id: 'ada' } });
    eve.client.destroy();
    await sleep(150);
    await sees(watcher, { cursor: 3, user: { id: 'ada' } });
  });

  it('cannot be taken over when the user is gone for a moment', async () => {
    const { watcher, attach } = await start();
    const [ada, eve] = [await attach('ada'), await attach('eve')];
    ada.announce(5, '{"cursor":1}');
    await sees(watcher, { cursor: 1, user: { id: 'ada' } });
    ada.client.destroy();
    await sees(watcher, undefined);
    eve.announce(9, '{"cursor":2}');
    await sleep(150);
    await sees(watcher, undefined);
    const again = await attach('ada');
    again.announce(6, '{"cursor":3}');
    await sees(watcher, { cursor: 3, user: { id: 'ada' } });
  });

  it('can be taken over by a second session of the same user, and goes with that', async () => {
    const { watcher, attach } = await start();
    const [first, second] = [await attach('ada'), await attach('ada')];
    first.announce(5, '{"cursor":1}');
    await sees(watcher, { cursor: 1, user: { id: 'ada' } });
    second.announce(6, '{"cursor":2}');
    await sees(watcher, { cursor: 2, user: { id: 'ada' } });
    first.client.destroy();
    await sleep(150);
    await sees(watcher, { cursor: 2, user: { id: 'ada' } });
    second.client.destroy();
    await sees(watcher, undefined);
  });

  it('is not sent by who may not show itself', async () => {
    const { watcher, attach } = await start();
    const nobody = await attach();
    nobody.announce(1, '{"user":{"id":"ada"}}');
    await sleep(150);
    await sees(watcher, undefined);
  });
});
