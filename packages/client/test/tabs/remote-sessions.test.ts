import { sleep, until } from '@syncline/testing';
import { expect, it, vi } from 'vitest';
import { NodeTabs, told, welcomed } from './node-tabs.ts';

const tabs = new NodeTabs();

it('gives sessions of followers channels of the connection', async () => {
  const [leader, follower] = await tabs.pair();
  const third = await tabs.join();
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
  const [, follower] = await tabs.pair();
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
  const [leader, follower] = await tabs.pair();
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
  const [leader, follower] = await tabs.pair();
  const post = vi.spyOn(BroadcastChannel.prototype, 'postMessage');
  follower.send({ type: 'token', token: 'secret' });
  follower.send({ type: 'ping' });
  await until('a pong', () => told(follower, 'pong').length === 1);
  expect(leader.said.map(({ type }) => type)).toEqual(['hello']);
  expect(JSON.stringify(post.mock.calls)).not.toContain('secret');
});

it('passes nothing on that is not about a session, and ignores what is no message', async () => {
  const { leader, follower, group, line, tab, link } = await tabs.tappedPair();
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
  const { leader, follower, line, tab, link } = await tabs.tappedPair();
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
  const { leader, follower, group, tab, link } = await tabs.tappedPair();
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
  const { leader, follower, group, tab, link } = await tabs.tappedPair();
  follower.attach('a');
  await until('attached', () => leader.served.length === 1);
  group.postMessage({ tab, link: link - 1, type: 'bye' });
  await sleep(20);
  expect(leader.served).toEqual(['a']);
  group.postMessage({ tab, link, type: 'bye' });
  await until('it is free', () => leader.served.length === 0);
});

it('frees the sessions of a link that is closed', async () => {
  const [leader, follower] = await tabs.pair();
  follower.attach('a');
  await until('attached', () => leader.served.length === 1);
  follower.hangUp();
  await until('it is free', () => leader.served.length === 0);
});

it('frees the sessions of a follower that is killed', async () => {
  const [leader, follower] = await tabs.pair();
  follower.attach('a');
  follower.attach('b');
  await until('attached', () => leader.served.length === 2);
  tabs.kill(follower);
  await until('they are free', () => leader.served.length === 0);
  expect(leader.sessions).toBe(0);
});

it('passes on what a follower said before it closed, and frees its sessions', async () => {
  const [leader, follower] = await tabs.pair();
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
  const [leader, follower] = await tabs.pair();
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
