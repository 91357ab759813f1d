import { encodeDocumentMessage, type NodeId } from '@syncline/bus';
import { Recorder } from '@syncline/bus/contract';
import { type DocumentId, parseDocumentId } from '@syncline/protocol';
import { until } from '@syncline/testing';
import { findRedis, randomPrefix } from '@syncline/testing/services';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeEnvelope, encodeHeader, type Packet } from '../src/envelope.ts';
import { RedisBus } from '../src/index.ts';

const server = await findRedis();
const id = parseDocumentId('document');

describe.skipIf(server === undefined)('on a real server', () => {
  let prefix: string;
  let redis: Redis;
  let bus: RedisBus;
  let heard: Recorder;
  let reports: unknown[];

  beforeEach(async () => {
    prefix = randomPrefix();
    reports = [];
    redis = new Redis(server as string);
    bus = await RedisBus.open(server as string, {
      prefix,
      onUnreadable: (cause) => void reports.push(cause),
    });
    heard = new Recorder();
    bus.listen(heard);
  });
  afterEach(async () => {
    await bus.close();
    redis.disconnect();
  });

  const channels = async () => {
    const all = (await redis.pubsub('CHANNELS', `${prefix}:*`)) as string[];
    return all.map((channel) => channel.slice(prefix.length)).sort();
  };
  /** Publishes as another node would. */
  const publish = async (
    channel: string,
    packet: Packet,
    connection = 1,
    node = 'a'.repeat(16),
  ) => {
    const header = encodeHeader({ node: node as NodeId, connection });
    await redis.publish(`${prefix}:${channel}`, encodeEnvelope(header, packet));
  };
  const said = (topic: string): Packet => ({
    type: 'message',
    bytes: encodeDocumentMessage({
      type: 'broadcast',
      from: '',
      topic,
      payload: new Uint8Array(),
    }),
  });

  it('is subscribed to its documents and nothing else', async () => {
    const own = [':all', `:n:${bus.nodeId}`];
    expect(await channels()).toEqual(own);
    await Promise.all([bus.join(id), bus.join('*' as DocumentId)]);
    expect(await channels()).toEqual([own[0], ':d:*', ':d:document', own[1]]);
    expect(await redis.pubsub('NUMSUB', `${prefix}:d:document`)).toEqual([
      `${prefix}:d:document`,
      1,
    ]);
    bus.leave(id);
    bus.leave('*' as DocumentId);
    await until('the channels are left', async () => (await channels()).length === 2);
    await bus.close();
    await until('all are left', async () => (await channels()).length === 0);
  });

  it('ignores and counts what cannot be read, and takes it for missed', async () => {
    await bus.join(id);
    const { missed } = heard;
    for (const channel of ['all', 'd:document', `n:${bus.nodeId}`]) {
      await redis.publish(`${prefix}:${channel}`, Buffer.from([1, 255, 3]));
      await redis.publish(`${prefix}:${channel}`, '');
      await publish(channel, { type: 'message', bytes: new Uint8Array([99]) });
    }
    await publish('d:document', said('fine'));
    await until('the next one is heard', () => heard.topics().includes('fine'));
    // A message in a node's own channel is of no document, and not even read.
    expect(bus.counts.unreadable).toBe(8);
    expect(reports).toHaveLength(1);
    expect(heard.missed).toBe(missed + 1);
    await until('it is said again, later', () => heard.missed === missed + 2);
    expect(bus.isHearing).toBe(true);
  });

  it('does not hear what comes after a later connection of its sender', async () => {
    await bus.join(id);
    await publish('d:document', said('one'), 1);
    await publish('d:document', said('three'), 2);
    await publish('d:document', said('two'), 1);
    await publish('d:document', said('four'), 2);
    await publish('d:document', said('of another'), 1, 'b'.repeat(16));
    await until('the last is heard', () => heard.topics().includes('of another'));
    expect(heard.topics()).toEqual(['one', 'three', 'four', 'of another']);
  });

  it('takes an answer only from the node that was asked', async () => {
    const asked = 'a'.repeat(16);
    await redis.subscribe(`${prefix}:n:${asked}`);
    const other = redis.duplicate();
    const answer = async (node: string, value: number) => {
      const header = encodeHeader({ node: node as NodeId, connection: 1 });
      const packet: Packet = { type: 'answer', id: 1, bytes: new Uint8Array([value]) };
      await other.publish(`${prefix}:n:${bus.nodeId}`, encodeEnvelope(header, packet));
    };
    redis.on('message', () => {
      void answer('b'.repeat(16), 1).then(() => answer(asked, 2));
    });
    const reply = await bus.ask(asked as NodeId, new Uint8Array(), 5_000);
    expect(reply).toEqual(new Uint8Array([2]));
    other.disconnect();
  });

  it('ends what it asked of a node that says goodbye', async () => {
    const node = 'a'.repeat(16);
    const other = redis.duplicate();
    await other.subscribe(`${prefix}:n:${node}`);
    const asked = bus.ask(node as NodeId, new Uint8Array(), 60_000);
    const refused = expect(asked).rejects.toMatchObject({ code: 'node-unreachable' });
    await publish('all', { type: 'goodbye' });
    await refused;
    expect(heard.gone).toEqual([node]);
    other.disconnect();
  });

  it('counts what it tells and hears', async () => {
    await bus.join(id);
    const before = bus.counts;
    bus.tell(id, { type: 'who' });
    await publish('d:document', said('one'));
    await until('both are counted', () => bus.counts.published > before.published);
    await until('it is heard', () => heard.topics().length === 1);
    expect(bus.counts).toEqual({ ...before, published: before.published + 1, heard: 1 });
  });
});

it.each(['localhost', 'redis://host/1'])('refuses the address %s', async (url) => {
  await expect(RedisBus.open(url)).rejects.toMatchObject({ code: 'config-invalid' });
});
