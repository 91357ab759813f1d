import { StockClient, sleep, until } from '@syncline/testing';
import { afterEach, expect, it } from 'vitest';
import { startServerFor } from './clients.ts';
import { isStored } from './dialect-client.ts';
import { HeldStore } from './held-store.ts';

const JOIN_WAIT_MS = 1_000;
const LIMITS = { joinWaitMs: JOIN_WAIT_MS };
const REFUSED = 'syncline_refusals_total\\{code="server-busy"\\}';

const cleanups: (() => void)[] = [];

afterEach(() => {
  for (const cleanUp of cleanups.splice(0)) cleanUp();
});

/** A store whose loads of some documents wait until they are let go. */
function heldLoads(isHeld: (documentId: string) => boolean) {
  const store = new HeldStore();
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  store.whenLoaded = (documentId) => (isHeld(documentId) ? released : undefined);
  return { store, release };
}

it('those who would wait too long for a log are told to come back, and then get in', async () => {
  const { store, release } = heldLoads((documentId) => documentId.startsWith('held'));
  const { syncline, yWebsocket, hocuspocus } = await startServerFor({ store, limits: LIMITS });
  const [ada, bob] = [yWebsocket('live'), yWebsocket('live')];
  await Promise.all([ada.synced(), bob.synced()]);
  const client = await syncline();
  const waiting = Array.from({ length: 100 }, (_, i) => client.attach(`held ${i}`));
  await sleep(JOIN_WAIT_MS + 100);
  const late = await client.attach('late');
  expect(late.detached).toMatchObject({ code: 'server-busy', retry: true });
  expect(late.detached?.retryAfterMs).toBeGreaterThanOrEqual(JOIN_WAIT_MS);
  expect(late.detached?.retryAfterMs).toBeLessThanOrEqual(60_000);
  expect(store.loads).toBe(65);

  // Nobody else is concerned: edits go on, and who needs no log gets in.
  ada.text.insert(0, 'meanwhile');
  await bob.hasContent('meanwhile');
  const carl = await yWebsocket('live').synced();
  expect(carl.content).toBe('meanwhile');

  const [stock, pocus] = [yWebsocket('later'), hocuspocus('later')];
  await until('others are told as well', () => stock.closeCodes.includes(1013));
  await until('in each dialect', () => pocus.closes.some(({ code }) => code === 1013));
  release();
  const sessions = await Promise.all(waiting);
  for (const session of sessions) await session.synced();
  expect(sessions.every(({ detached }) => detached === undefined)).toBe(true);
  await stock.synced();
  await pocus.synced();
  await (await client.attach('late')).synced();
});

it('one log that cannot be read keeps nobody from the others', async () => {
  const { store, release } = heldLoads((documentId) => documentId === 'held');
  const { syncline } = await startServerFor({ store, limits: LIMITS });
  const client = await syncline();
  const waiting = Array.from({ length: 10 }, () => client.attach('held'));
  await sleep(JOIN_WAIT_MS + 100);
  expect((await client.attach('held')).detached?.code).toBe('server-busy');
  await (await client.attach('other')).synced();
  release();
  for (const session of await Promise.all(waiting)) await session.synced();
});

it('those who would wait too long for their turn are sent away, and come back', async () => {
  const { url, store, yWebsocket, metric } = await startServerFor({
    limits: { joinWaitMs: 1 },
    store: new HeldStore(),
  });
  const writer = await yWebsocket('document').synced();
  writer.text.insert(0, 'x'.repeat(1_000_000));
  await isStored(store, 'document', writer.content);
  const clients = Array.from({ length: 60 }, () => {
    const client = new StockClient(url, 'document');
    cleanups.push(() => client.destroy());
    return client;
  });
  for (const client of clients) await client.hasContent(writer.content);
  expect(await metric(REFUSED)).toBeGreaterThan(0);
});

it('a storm that is served in time is refused nothing', async () => {
  const { url, yWebsocket, metric } = await startServerFor();
  const writer = await yWebsocket('document').synced();
  writer.text.insert(0, 'a small document');
  const clients = Array.from({ length: 300 }, () => {
    const client = new StockClient(url, 'document');
    cleanups.push(() => client.destroy());
    return client;
  });
  for (const client of clients) await client.hasContent(writer.content);
  expect(await metric(REFUSED)).toBe(0);
});
