import { expect, it } from 'vitest';
import * as Y from 'yjs';
import { Outbox } from './outbox.ts';
import { refusalOf } from './refusal.ts';

/** The updates of a document in which a letter is typed again and again. */
function typed(letters: number): Uint8Array[] {
  const doc = new Y.Doc();
  const updates: Uint8Array[] = [];
  doc.on('update', (update) => updates.push(update));
  for (let i = 0; i < letters; i++) doc.getText('text').insert(i, 'x');
  return updates;
}

const bytesOf = (updates: readonly Uint8Array[]) =>
  updates.reduce((sum, update) => sum + update.length, 0);

/** Whether a promise is settled by now, and how. */
async function outcome(promise: Promise<void>): Promise<string> {
  const done = promise.then(
    () => 'saved',
    (error: Error) => error.message,
  );
  return await Promise.race([done, new Promise<string>((go) => setTimeout(go, 0, 'waiting'))]);
}

it('counts a change from when it is made until it is answered', async () => {
  const outbox = new Outbox(0);
  const updates = typed(3);
  for (const update of updates) outbox.gather(update);
  expect(outbox.unsavedBytes).toBe(bytesOf(updates));
  const saved = outbox.saved();
  const joined = outbox.take();
  expect(outbox.number(joined?.length ?? 0)).toBe(1);
  expect(outbox.unsavedBytes).toBe(joined?.length);
  expect(await outcome(saved)).toBe('waiting');
  outbox.acknowledge(1);
  expect(await outcome(saved)).toBe('saved');
  expect(outbox.unsavedBytes).toBe(0);
});

it('tells who waits as soon as the changes until then are durable', async () => {
  const outbox = new Outbox(0);
  const [first, second] = typed(2) as [Uint8Array, Uint8Array];
  const send = (update: Uint8Array) => {
    outbox.gather(update);
    outbox.number(outbox.take()?.length ?? 0);
    return outbox.saved();
  };
  const [one, two] = [send(first), send(second)];
  outbox.acknowledge(1);
  expect([await outcome(one), await outcome(two)]).toEqual(['saved', 'waiting']);
  outbox.acknowledge(2);
  expect(await outcome(two)).toBe('saved');
});

it('takes what was not answered as unsaved when the session ends', async () => {
  const outbox = new Outbox(0);
  const [first, second] = typed(2) as [Uint8Array, Uint8Array];
  outbox.gather(first);
  outbox.number(outbox.take()?.length ?? 0);
  outbox.gather(second);
  const saved = outbox.saved();
  outbox.end();
  expect(outbox.unsavedBytes).toBe(first.length + second.length);
  expect(outbox.take()).toBeUndefined();
  // The next session: a difference in the place of both, and numbers begin anew.
  expect(outbox.number(30)).toBe(1);
  outbox.caughtUp();
  expect(outbox.unsavedBytes).toBe(30);
  expect(await outcome(saved)).toBe('waiting');
  outbox.acknowledge(1);
  expect(await outcome(saved)).toBe('saved');
});

it('is saved when the server lacks nothing', async () => {
  const outbox = new Outbox(12);
  const saved = outbox.saved();
  expect(await outcome(saved)).toBe('waiting');
  outbox.caughtUp();
  expect(await outcome(saved)).toBe('saved');
});

it('keeps what was rejected, and tells who waits', async () => {
  const outbox = new Outbox(0);
  outbox.gather(typed(1)[0] as Uint8Array);
  outbox.number(outbox.take()?.length ?? 0);
  const saved = outbox.saved();
  outbox.reject(1, refusalOf('read-only', 'no'));
  expect(await outcome(saved)).toBe('no');
  outbox.acknowledge(1);
  expect(outbox.unsavedBytes).toBeGreaterThan(0);
  expect(await outcome(outbox.saved())).toBe('waiting');
});

it('does not take a later answer for one of a change that is kept', async () => {
  const outbox = new Outbox(0);
  outbox.keep(10);
  const saved = outbox.saved();
  outbox.number(5);
  outbox.acknowledge(1);
  expect(await outcome(saved)).toBe('waiting');
});
