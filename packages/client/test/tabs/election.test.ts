import { sleep, until } from '@syncline/testing';
import { expect, it, vi } from 'vitest';
import { TabGroup } from '../../src/tabs/tab-group.ts';
import { NodeTabs, told, welcomed } from './node-tabs.ts';

const tabs = new NodeTabs();

it('is not there in Node', () => {
  expect(TabGroup.isSupported()).toBe(false);
});

it('lets the first lead, and the second use its connection', async () => {
  const [leader, follower] = await tabs.pair();
  expect([leader.roles, follower.roles]).toEqual([['leader'], ['follower']]);
  expect(follower.welcome).toEqual({ ...leader.welcome, tokenExpiresInMs: 0 });
  expect(follower.said).toEqual([]);
});

it('holds the hello of a follower while the connection is being opened, and what comes after it', async () => {
  const [leader, follower] = await tabs.pair({ opens: false });
  follower.attach('early');
  await sleep(3_100); // longer than a leader may be silent
  expect([follower.told, follower.ends]).toEqual([[], []]);
  leader.open();
  await until('attached', () => told(follower, 'attached').length === 1);
  expect(follower.told.map(({ type }) => type)).toEqual(['welcome', 'attached']);
});

it('ends the links when the connection ends, and has followers dial when it is back', async () => {
  const [leader, follower] = await tabs.pair();
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
  const [leader, follower] = await tabs.pair();
  leader.break({ message: 'too old', code: 'token-expired' });
  await until('the link has ended', () => follower.ends.length === 1);
  expect(follower.ends).toEqual([{ message: 'too old' }]);
});

it('makes the next one leader when a leader is killed, and the third follows it', async () => {
  const [first, second] = await tabs.pair();
  const third = await tabs.join();
  await welcomed(third);
  tabs.kill(first);
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
  const [first, second] = await tabs.pair();
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

it('sends a follower its own way when the connection is full', async () => {
  const [leader, follower] = await tabs.pair({ documents: 2 });
  leader.attach('own');
  follower.attach('a');
  await until('attached', () => told(follower, 'attached').length === 1);
  const third = await tabs.join();
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

it('sends followers their own way when the leader hangs, and shares such a connection when its tab leads', async () => {
  const hanging = tabs.hang();
  const start = performance.now();
  const [tab, other] = [await tabs.join(), await tabs.join()];
  for (const { group, roles } of [tab, other]) {
    await until('it is alone', () => group.role === 'alone');
    expect(performance.now() - start).toBeGreaterThan(2_500);
    expect(roles).toEqual(['follower', 'alone']);
  }
  await Promise.all([welcomed(tab), welcomed(other)]);
  const { welcome } = tab;

  hanging.kill();
  await until('it leads', () => tab.group.role === 'leader');
  await until('the other has heard of it', () => other.group.role === 'follower');
  expect(tab.welcome).toBe(welcome);
  expect(tab.said.length).toBe(1);
  const follower = await tabs.join();
  await welcomed(follower);
  if (welcome !== undefined) tab.group.connected(welcome);
  follower.attach('a');
  await until('attached', () => told(follower, 'attached').length === 1);
  expect(told(follower, 'welcome')).toEqual([{ ...welcome, tokenExpiresInMs: 0 }]);

  // The other one has its own connection as long as that lasts, and then the new leader's.
  expect(other.ends.length).toBe(1); // that of its link to the one that hangs
  other.hangUp();
  other.dial();
  await welcomed(other);
  other.attach('b');
  await until('attached', () => tab.served.includes('b'));
});

it('says hello again to a leader that came after the hello', async () => {
  const hanging = tabs.hang();
  const [first, second] = [await tabs.join(), await tabs.join()];
  await sleep(20);
  hanging.kill();
  await until('the first leads', () => first.group.role === 'leader');
  await until('a welcome', () => second.welcome !== undefined, 1_000);
  expect(second.ends).toEqual([]);
});

it('asks a leader again that was silent for a minute', async () => {
  tabs.hang();
  const tab = await tabs.join();
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
  const tab = await tabs.join({ locks: { request } as Pick<LockManager, 'request'> });
  expect(tab.roles).toEqual(['alone']);
  await welcomed(tab);
});

it('speaks with its own group alone', async () => {
  const [leader] = await tabs.pair();
  const other = await tabs.join({}, 'other');
  await welcomed(other);
  expect(other.roles).toEqual(['leader']);
  other.attach('a');
  await sleep(20);
  expect(leader.served).toEqual([]);
});

it('goes its own way when the leader has another version of the protocol', async () => {
  const leader = await tabs.join({ opens: false });
  const follower = await tabs.join();
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
  const leader = await tabs.join();
  const listener = { onOpen() {}, onMessage() {}, onSign() {}, onEnd() {} };
  expect(() => leader.group.dial('', listener)).toThrow(TypeError);
});
