import { randomUUID } from 'node:crypto';
import { sleep, until } from '@syncline/testing';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { TabGroup } from '../../src/tabs/tab-group.ts';
import { EchoConnection, type EchoOptions } from './echo-connection.ts';
import { LockTable, type TabLocks } from './lock-table.ts';

let table: LockTable;
let key: string;
let open: EchoConnection[];
let locksOf: Map<EchoConnection, TabLocks>;
let taps: BroadcastChannel[];

beforeEach(() => {
  table = new LockTable();
  key = randomUUID();
  open = [];
  locksOf = new Map();
  taps = [];
});
afterEach(() => {
  vi.restoreAllMocks();
  for (const tab of open) tab.group.close();
  for (const tap of taps) tap.close();
});

async function join(options: EchoOptions = {}): Promise<EchoConnection> {
  const tabLocks = table.tabOf();
  const tab = new EchoConnection(key, { locks: tabLocks.locks, ...options });
  open.push(tab);
  locksOf.set(tab, tabLocks);
  await until('the role is known', () => tab.group.role !== undefined);
  return tab;
}

const welcomed = (tab: EchoConnection) => until('a welcome', () => tab.welcome !== undefined);
const told = (tab: EchoConnection, type: string) =>
  tab.told.filter((message) => message.type === type);

/** As a tab is killed: its locks go, and it says nothing any more. */
function kill(tab: EchoConnection): void {
  vi.spyOn(BroadcastChannel.prototype, 'postMessage').mockImplementation(() => {});
  tab.group.close();
  vi.restoreAllMocks();
  locksOf.get(tab)?.kill();
}

async function pair(options: EchoOptions = {}): Promise<[EchoConnection, EchoConnection]> {
  const leader = await join(options);
  const follower = await join();
  if (options.opens !== false) await welcomed(follower);
  return [leader, follower];
}

it('is not there in Node', () => {
  expect(TabGroup.isSupported()).toBe(false);
});

it('lets the first lead, and the second use its connection', async () => {
  const [leader, follower] = await pair();
  expect([leader.roles, follower.roles]).toEqual([['leader'], ['follower']]);
  expect(follower.welcome).toEqual({ ...leader.welcome, tokenExpiresInMs: 0 });
  expect(follower.said).toEqual([]);
});

it('gives sessions of followers channels of the connection', async () => {
  const [leader, follower] = await pair();
  const third = await join();
  await welcomed(third);
  leader.attach('own');
  const channels = [follower.attach('a'), third.attach('b')];
  expect(channels).toEqual([1, 1]);
  await until('both are attached', () => [follower, third].every((t) => told(t, 'attached')[0]));
  expect(told(follower, 'attached')).toMatchObject([{ channel: 1, epoch: 'a' }]);
  expect(told(third, 'attached')).toMatchObject([{ channel: 1, epoch: 'b' }]);
  expect(leader.said.flatMap((message) => ('channel' in message ? [message.channel] : []))).toEqual(
    [1, 2, 3],
  );
  follower.send({ type: 'update', channel: 1, number: 1, update: new Uint8Array([7]) });
  await until('it is acknowledged', () => told(follower, 'ack').length === 1);
  expect(told(follower, 'entries')).toMatchObject([{ channel: 1, update: new Uint8Array([7]) }]);
  expect(told(third, 'entries')).toEqual([]);
});

it('sends bytes without the buffer behind them', async () => {
  const [, follower] = await pair();
  const channel = follower.attach('a');
  await until('attached', () => told(follower, 'attached').length === 1);
  const post = vi.spyOn(BroadcastChannel.prototype, 'postMessage');
  const update = new Uint8Array(10_000).fill(5).subarray(100, 103);
  follower.send({ type: 'update', channel, number: 1, update });
  await until('it comes back', () => told(follower, 'entries').length === 1);
  expect(told(follower, 'entries')).toMatchObject([{ update: new Uint8Array([5, 5, 5]) }]);
  const sizes = post.mock.calls.flatMap(([data]) => {
    const { message } = data as { message: { update?: Uint8Array } };
    return message.update === undefined ? [] : [message.update.buffer.byteLength];
  });
  expect(sizes).toEqual([3, 3]);
});

it('frees a channel when the follower detaches, and when the server does (A7, A8, A5)', async () => {
  const [leader, follower] = await pair();
  const [a, b, c] = [follower.attach('a'), follower.attach('b'), follower.attach('c')];
  await until('attached', () => told(follower, 'attached').length === 3);
  expect(leader.sessions).toBe(3);
  follower.detach(a);
  const why = { code: 'internal', message: '', retry: true, retryAfterMs: 0 };
  leader.serve({ type: 'detached', channel: 2, ...why });
  leader.serve({ type: 'reset', channel: 3, epoch: 'new' });
  await until('all are free', () => leader.sessions === 0);
  await until('it was told', () => told(follower, 'reset').length === 1);
  expect(told(follower, 'detached')).toMatchObject([{ channel: b }]);
  expect(told(follower, 'reset')).toMatchObject([{ channel: c, epoch: 'new' }]);
  // What is under way then is ignored (A9).
  const before = leader.said.length;
  follower.send({ type: 'update', channel: b, number: 1, update: new Uint8Array(2) });
  follower.send({ type: 'detach', channel: c });
  const d = follower.attach('d');
  await until('attached', () => told(follower, 'attached').length === 4);
  expect(leader.said.slice(before)).toMatchObject([{ type: 'attach', documentId: 'd' }]);
  expect(told(follower, 'attached')[3]).toMatchObject({ channel: d });
});

it('answers pings itself, and keeps tokens from other tabs', async () => {
  const [leader, follower] = await pair();
  const post = vi.spyOn(BroadcastChannel.prototype, 'postMessage');
  follower.send({ type: 'token', token: 'secret' });
  follower.send({ type: 'ping' });
  await until('a pong', () => told(follower, 'pong').length === 1);
  expect(leader.said.map(({ type }) => type)).toEqual(['hello']);
  expect(JSON.stringify(post.mock.calls)).not.toContain('secret');
});

/** A pair, the channels between them, and the address of the follower. */
async function tapped() {
  const group = new BroadcastChannel(`syncline:1:${key}`);
  let tab = '';
  let link = 0;
  group.addEventListener('message', ({ data }: MessageEvent<{ [name: string]: unknown }>) => {
    if (data['type'] === 'hello') [tab, link] = [data['tab'] as string, data['link'] as number];
  });
  const [leader, follower] = await pair();
  const line = new BroadcastChannel(`syncline:1:${key}:${tab}`);
  taps.push(group, line);
  return { leader, follower, group, line, tab, link };
}

it('passes nothing on that is not about a session, and ignores what is no message', async () => {
  const { leader, follower, group, line, tab, link } = await tapped();
  for (const to of [group, line]) {
    for (const data of [null, 'up', 1, { tab, link }, { tab, link, type: 'other' }]) {
      to.postMessage(data);
    }
  }
  for (const message of [
    undefined,
    { type: 'token', token: 'theirs' },
    { type: 'hello', versions: [] },
    { type: 'update', channel: 1, number: 1, update: new Uint8Array(2) },
  ]) {
    line.postMessage({ tab, link, type: 'up', message });
  }
  line.postMessage({ tab, link: link + 1, type: 'up', message: { type: 'ping' } });
  line.postMessage({ tab, link, type: 'up', message: { type: 'ping' } });
  await until('a pong', () => told(follower, 'pong').length > 0);
  expect(told(follower, 'pong').length).toBe(1);
  expect(leader.said.map(({ type }) => type)).toEqual(['hello']);
});

it('ignores what comes for another link than the one that it has', async () => {
  const { leader, follower, line, tab, link } = await tapped();
  line.postMessage({ tab, link: link - 1, type: 'end', end: { message: 'late' }, alone: false });
  line.postMessage({ tab, link: link + 1, type: 'down', message: { type: 'pong' } });
  follower.attach('a');
  await until('attached', () => told(follower, 'attached').length === 1);
  expect([follower.ends, told(follower, 'pong')]).toEqual([[], []]);
  line.postMessage({ tab, link: link - 1, type: 'bye' });
  follower.attach('b');
  await until('attached', () => told(follower, 'attached').length === 2);
  expect(leader.served).toEqual(['a', 'b']);
});

it('hears one hello once, and takes another link for the end of the one before', async () => {
  const { leader, follower, group, tab, link } = await tapped();
  follower.attach('a');
  await until('attached', () => told(follower, 'attached').length === 1);
  group.postMessage({ tab, link, type: 'hello' });
  follower.attach('b');
  await until('attached', () => told(follower, 'attached').length === 2);
  expect(leader.served).toEqual(['a', 'b']);
  expect(told(follower, 'welcome').length).toBe(1);
  group.postMessage({ tab, link: link + 1, type: 'hello' });
  await until('they are free', () => leader.sessions === 0);
  expect(leader.served).toEqual([]);
});

it('hears a bye that comes on the way of the hello', async () => {
  const { leader, follower, group, tab, link } = await tapped();
  follower.attach('a');
  await until('attached', () => leader.served.length === 1);
  group.postMessage({ tab, link: link - 1, type: 'bye' });
  await sleep(20);
  expect(leader.served).toEqual(['a']);
  group.postMessage({ tab, link, type: 'bye' });
  await until('it is free', () => leader.served.length === 0);
});

it('frees the sessions of a link that is closed', async () => {
  const [leader, follower] = await pair();
  follower.attach('a');
  await until('attached', () => leader.served.length === 1);
  follower.hangUp();
  await until('it is free', () => leader.served.length === 0);
});

it('holds the hello of a follower while the connection is being opened, and what comes after it', async () => {
  const [leader, follower] = await pair({ opens: false });
  follower.attach('early');
  await sleep(3_100); // longer than a leader may be silent
  expect([follower.told, follower.ends]).toEqual([[], []]);
  leader.open();
  await until('attached', () => told(follower, 'attached').length === 1);
  expect(follower.told.map(({ type }) => type)).toEqual(['welcome', 'attached']);
});

it('ends the links when the connection ends, and has followers dial when it is back', async () => {
  const [leader, follower] = await pair();
  follower.attach('a');
  await until('attached', () => told(follower, 'attached').length === 1);
  leader.break({ message: 'gone', code: 'server-stopping', retryAfterMs: 5 });
  await until('the link has ended', () => follower.ends.length === 1);
  expect(follower.ends).toEqual([{ message: 'gone', code: 'server-stopping', retryAfterMs: 5 }]);
  expect(leader.sessions).toBe(0);
  // A follower that tries too early hears the same at once.
  follower.dial();
  await until('it has ended again', () => follower.ends.length === 2);
  expect(follower.ends[1]).toEqual(follower.ends[0]);

  leader.dial();
  await welcomed(follower);
  expect(follower.roles).toEqual(['follower']);
  expect(follower.readyCalls).toBe(1);
  follower.attach('a');
  await until('attached again', () => told(follower, 'attached').length === 2);
  expect(leader.served).toEqual(['a']);
});

it('tells followers no code that is final: they find out when they lead', async () => {
  const [leader, follower] = await pair();
  leader.break({ message: 'too old', code: 'token-expired' });
  await until('the link has ended', () => follower.ends.length === 1);
  expect(follower.ends).toEqual([{ message: 'too old' }]);
});

it('makes the next one leader when a leader is killed, and the third follows it', async () => {
  const [first, second] = await pair();
  const third = await join();
  await welcomed(third);
  kill(first);
  await until('the second leads', () => second.group.role === 'leader');
  await until('the third has ended its link', () => third.ends.length === 1);
  expect(second.ends).toEqual([{ message: 'the leading tab is gone' }]);
  expect(third.ends).toEqual([{ message: 'another tab leads now' }]);
  third.dial();
  await welcomed(third);
  third.attach('a');
  await until('attached', () => told(third, 'attached').length === 1);
  expect(second.served).toEqual(['a']);
});

it('lets a leader go, which may come back as a follower', async () => {
  const [first, second] = await pair();
  second.attach('a');
  await until('attached', () => first.served.length === 1);
  first.group.leave();
  expect(first.group.role).toBeUndefined();
  // Its connection stays, without the sessions of others.
  expect([first.sessions, first.served, first.ends]).toEqual([0, [], []]);
  first.hangUp();
  await until('the second leads', () => second.group.role === 'leader');
  await welcomed(second);
  first.group.join();
  await until('the first follows', () => first.group.role === 'follower');
  await welcomed(first);
  first.attach('a');
  await until('attached', () => second.served.includes('a'));
});

it('frees the sessions of a follower that is killed', async () => {
  const [leader, follower] = await pair();
  follower.attach('a');
  follower.attach('b');
  await until('attached', () => leader.served.length === 2);
  kill(follower);
  await until('they are free', () => leader.served.length === 0);
  expect(leader.sessions).toBe(0);
});

it('passes on what a follower said before it closed, and frees its sessions', async () => {
  const [leader, follower] = await pair();
  const channel = follower.attach('a');
  await until('attached', () => told(follower, 'attached').length === 1);
  const update = new Uint8Array([1]);
  follower.send({ type: 'update', channel, number: 1, update });
  follower.group.close();
  await until('it is free', () => leader.sessions === 0);
  expect(leader.said.map(({ type }) => type)).toEqual(['hello', 'attach', 'update', 'detach']);
  follower.group.close();
  follower.group.join();
  await sleep(20);
  expect(follower.group.role).toBeUndefined();
});

it('replaces the link of a follower that dials again, and ignores the older one', async () => {
  const [leader, follower] = await pair();
  follower.attach('a');
  await until('attached', () => leader.served.length === 1);
  follower.hangUp();
  follower.dial();
  await welcomed(follower);
  await until('the old session is gone', () => leader.sessions === 0);
  follower.attach('b');
  await until('attached', () => leader.served.includes('b'));
  expect(leader.served).toEqual(['b']);
});

it('sends a follower its own way when the connection is full', async () => {
  const [leader, follower] = await pair({ documents: 2 });
  leader.attach('own');
  follower.attach('a');
  await until('attached', () => told(follower, 'attached').length === 1);
  const third = await join();
  await until('it is alone', () => third.group.role === 'alone');
  await welcomed(third);
  expect(third.said).toMatchObject([{ type: 'hello' }]);

  follower.attach('b');
  await until('it is alone', () => follower.group.role === 'alone');
  expect(follower.ends).toMatchObject([{ message: expect.stringContaining('no room') as string }]);
  expect(follower.roles).toEqual(['follower', 'alone']);
  expect(leader.served).toEqual(['own']);
  expect(leader.said).not.toContainEqual(expect.objectContaining({ documentId: 'b' }));
});

/** A tab that has the lock, and does nothing. */
function hang(): TabLocks {
  const hanging = table.tabOf();
  void hanging.locks.request(`syncline:1:${key}`, {}, () => new Promise(() => {}));
  return hanging;
}

it('sends followers their own way when the leader hangs, and shares such a connection when its tab leads', async () => {
  const hanging = hang();
  const start = performance.now();
  const [tab, other] = [await join(), await join()];
  for (const { group, roles } of [tab, other]) {
    await until('it is alone', () => group.role === 'alone');
    expect(performance.now() - start).toBeGreaterThan(2_500);
    expect(roles).toEqual(['follower', 'alone']);
  }
  await Promise.all([welcomed(tab), welcomed(other)]);
  const { welcome } = tab;

  hanging.kill();
  await until('it leads', () => tab.group.role === 'leader');
  if (welcome !== undefined) tab.group.connected(welcome);
  expect(tab.welcome).toBe(welcome);
  expect(tab.said.length).toBe(1);
  const follower = await join();
  await welcomed(follower);
  if (welcome !== undefined) tab.group.connected(welcome);
  follower.attach('a');
  await until('attached', () => told(follower, 'attached').length === 1);
  expect(told(follower, 'welcome')).toEqual([{ ...welcome, tokenExpiresInMs: 0 }]);

  // The other one has its own connection as long as that lasts, and then the new leader's.
  expect([other.group.role, other.welcome !== undefined]).toEqual(['follower', true]);
  other.hangUp();
  other.dial();
  await welcomed(other);
  other.attach('b');
  await until('attached', () => tab.served.includes('b'));
});

it('says hello again to a leader that came after the hello', async () => {
  const hanging = hang();
  const [first, second] = [await join(), await join()];
  await sleep(20);
  hanging.kill();
  await until('the first leads', () => first.group.role === 'leader');
  await until('a welcome', () => second.welcome !== undefined, 1_000);
  expect(second.ends).toEqual([]);
});

it('asks a leader again that was silent for a minute', async () => {
  hang();
  const tab = await join();
  await until('it is alone', () => tab.group.role === 'alone');
  const now = performance.now();
  vi.spyOn(performance, 'now').mockReturnValue(now + 59_000);
  expect(tab.group.role).toBe('alone');
  vi.spyOn(performance, 'now').mockReturnValue(now + 61_000);
  expect(tab.group.role).toBe('follower');
  expect(tab.roles).toEqual(['follower', 'alone']);
});

it('is alone where locks are refused', async () => {
  const request = () => Promise.reject(new DOMException('a sandbox', 'SecurityError'));
  const tab = await join({ locks: { request } as Pick<LockManager, 'request'> });
  expect(tab.roles).toEqual(['alone']);
  await welcomed(tab);
});

it('speaks with its own group alone', async () => {
  const [leader] = await pair();
  const tabLocks = table.tabOf();
  const other = new EchoConnection(`${key}x`, { locks: tabLocks.locks });
  open.push(other);
  await welcomed(other);
  expect(other.roles).toEqual(['leader']);
  other.attach('a');
  await sleep(20);
  expect(leader.served).toEqual([]);
});

it('goes its own way when the leader has another version of the protocol', async () => {
  const leader = await join({ opens: false });
  const follower = await join();
  const serve = leader.serve;
  leader.serve = (message) =>
    serve(message.type === 'welcome' ? { ...message, version: 2 } : message);
  leader.open();
  await until('it is alone', () => follower.group.role === 'alone');
  expect(follower.told.filter(({ type }) => type === 'welcome')).not.toContainEqual(
    expect.objectContaining({ version: 2 }),
  );
});

it('refuses to dial when there is nobody to dial', async () => {
  const leader = await join();
  const listener = { onOpen() {}, onMessage() {}, onSign() {}, onEnd() {} };
  expect(() => leader.group.dial('', listener)).toThrow(TypeError);
});
