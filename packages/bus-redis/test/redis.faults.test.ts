import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Bus, type DocumentMessage, HEARTBEAT_MS, SILENCE_MS } from '@syncline/bus';
import { Recorder } from '@syncline/bus/contract';
import { parseDocumentId } from '@syncline/protocol';
import { anonymousMemory, RedisServer, sleep, until } from '@syncline/testing';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BusState, RedisBus } from '../src/index.ts';

const run = promisify(execFile);
const isInstalled = await RedisServer.isInstalled();
const id = parseDocumentId('document');
const MIB = 1024 * 1024;

const numbered = (number: number, bytes = 0): DocumentMessage => ({
  type: 'broadcast',
  from: 'ada',
  topic: String(number),
  payload: new Uint8Array(bytes),
});

/** A bus, and what became of it. */
interface Node {
  readonly bus: RedisBus;
  readonly heard: Recorder;
  readonly states: BusState[];
  readonly causes: (Error | undefined)[];
}

describe.skipIf(!isInstalled)('a bus on a Redis that fails', () => {
  let redis: RedisServer;
  const nodes: Node[] = [];
  const errors: unknown[] = [];
  const onError = (error: unknown) => void errors.push(error);

  beforeEach(async () => {
    redis = await RedisServer.make();
    errors.length = 0;
    process.on('unhandledRejection', onError);
    process.on('uncaughtException', onError);
  });
  afterEach(async () => {
    await Promise.all(nodes.splice(0).map(({ bus }) => bus.close()));
    await redis.remove();
    process.off('unhandledRejection', onError);
    process.off('uncaughtException', onError);
    expect(errors).toEqual([]);
  });

  const open = async (url = redis.url): Promise<Node> => {
    const states: BusState[] = [];
    const causes: (Error | undefined)[] = [];
    const bus = await RedisBus.open(url, {
      onState(state, cause) {
        states.push(state);
        causes.push(cause);
      },
    });
    const heard = new Recorder();
    bus.listen(heard);
    const node = { bus, heard, states, causes };
    nodes.push(node);
    return node;
  };
  const openPair = async () => {
    await redis.start();
    const pair = [await open(), await open()] as const;
    await pair[1].bus.join(id);
    return pair;
  };
  const command = async (...words: [string, ...string[]]) => {
    const client = new Redis(redis.url);
    try {
      return await client.call(...words);
    } finally {
      client.disconnect();
    }
  };
  const isHearing = (...buses: Bus[]) =>
    until('the buses hear', () => buses.every((bus) => bus.isHearing), 30_000);
  /** Tells until it is heard: nothing else says that the hearer has noticed what happened. */
  const reaches = async (from: Node, to: Node, number: number) => {
    await until(`${number} is heard`, async () => {
      from.bus.tell(id, numbered(number));
      await sleep(20);
      return to.heard.topics().includes(String(number));
    });
  };

  it('goes on after Redis stood still for ten seconds, and counts nobody as gone', async () => {
    const [a, b] = await openPair();
    redis.pause();
    for (let number = 0; number < 100; number++) {
      a.bus.tell(id, numbered(number));
      await sleep(100);
    }
    redis.resume();
    await isHearing(a.bus, b.bus);
    await reaches(a, b, 1_000);
    await sleep(2 * HEARTBEAT_MS);
    expect(a.heard.gone).toEqual([]);
    expect(b.heard.gone).toEqual([]);
    expectInOrder(b);
  });

  it('is deaf while Redis stands still for long, says so again and again, and hears again', async () => {
    const [a, b] = await openPair();
    redis.pause();
    const begun = performance.now();
    await until('a is deaf', () => !a.bus.isHearing && !b.bus.isHearing, SILENCE_MS + 5_000);
    const missed = a.heard.missed;
    expect(missed).toBeGreaterThan(0);
    expect(a.states).toEqual(['hearing', 'deaf']);
    const joined = performance.now();
    await a.bus.join(id);
    expect(performance.now() - joined).toBeLessThan(1_000);
    await sleep(Math.max(20_000 - (performance.now() - begun), 5_000));
    expect(a.heard.missed).toBeGreaterThan(missed + 1);
    redis.resume();
    await isHearing(a.bus, b.bus);
    const after = a.heard.missed;
    expect(a.states.at(-1)).toBe('hearing');
    expect(after).toBeGreaterThan(missed + 2);
    await reaches(a, b, 1);
    await reaches(b, a, 2);
    await sleep(SILENCE_MS + 2 * HEARTBEAT_MS);
    expect(a.heard.gone).toEqual([]);
    expect(b.heard.gone).toEqual([]);
  });

  it('lets a join wait no longer than a few seconds', async () => {
    const [a, b] = await openPair();
    redis.pause();
    const begun = performance.now();
    await b.bus.join(parseDocumentId('late'));
    expect(performance.now() - begun).toBeLessThan(6_000);
    expect(b.bus.isHearing).toBe(false);
    const { missed } = b.heard;
    expect(missed).toBeGreaterThan(0);
    redis.resume();
    await isHearing(b.bus);
    expect(b.heard.missed).toBeGreaterThan(missed);
    a.bus.tell(parseDocumentId('late'), numbered(1));
    await until('it is heard', () => b.heard.topics().includes('1'));
  });

  it.each(['pubsub', 'normal'])('comes back when Redis ends its %s connections', async (type) => {
    const [a, b] = await openPair();
    await b.bus.join(parseDocumentId('other'));
    for (let round = 1; round <= 5; round++) {
      const missed = b.heard.missed;
      const states = b.states.length;
      await command('CLIENT', 'KILL', 'TYPE', type, 'SKIPME', 'yes');
      await until('b notices', () => b.states.length > states);
      expect(b.states[states]).toBe('deaf');
      await isHearing(a.bus, b.bus);
      // When it becomes deaf, and when it hears again.
      expect(b.heard.missed).toBeGreaterThanOrEqual(missed + 2);
      // Everything was subscribed anew before it heard again.
      const channels = ['syncline:d:document', 'syncline:d:other', 'syncline:all'];
      const counts = await command('PUBSUB', 'NUMSUB', ...channels);
      expect(counts).toEqual([channels[0], 1, channels[1], 1, channels[2], 2]);
      a.bus.tell(id, numbered(round));
      await until('it is heard', () => b.heard.topics().includes(String(round)));
    }
    expectInOrder(b);
    expect(a.heard.gone).toEqual([]);
  });

  it('lets others know that it could not tell all', async () => {
    const [a, b] = await openPair();
    const { missed } = b.heard;
    const list = String(await command('CLIENT', 'LIST'));
    const publisher = new RegExp(`^id=(\\d+) .*name=syncline-${a.bus.nodeId}-publisher`, 'm');
    await command('CLIENT', 'KILL', 'ID', publisher.exec(list)?.[1] ?? 'none');
    await until('a is deaf', () => !a.bus.isHearing);
    a.bus.tell(id, numbered(1));
    await until('b hears that it missed something', () => b.heard.missed > missed);
    expect(b.states).toEqual(['hearing']);
    expect(b.heard.topics()).toEqual([]);
    expect(a.bus.counts.dropped).toBeGreaterThan(0);
  });

  it('comes back when Redis is killed and started again', async () => {
    const [a, b] = await openPair();
    await redis.kill();
    await until('both are deaf', () => !a.bus.isHearing && !b.bus.isHearing);
    a.bus.tell(id, numbered(1));
    const { missed } = b.heard;
    await until('b goes on about it', () => b.heard.missed >= missed + 2);
    expect(b.causes.at(-1)).toBeInstanceOf(Error);
    await redis.start();
    await isHearing(a.bus, b.bus);
    await reaches(a, b, 2);
    expect(b.heard.topics()).not.toContain('1');
    expect(await a.bus.ask(b.bus.nodeId, new Uint8Array([1]), 5_000)).toEqual(new Uint8Array([1]));
    expect(b.states).toEqual(['hearing', 'deaf', 'hearing']);
  });

  it('starts without Redis, and hears once it is there', async () => {
    const a = await open();
    const b = await open();
    expect(a.bus.isHearing).toBe(false);
    expect(a.states).toEqual(['deaf']);
    expect(String(a.causes[0])).toContain('ECONNREFUSED');
    await b.bus.join(id);
    a.bus.tell(id, numbered(1));
    await expect(a.bus.ask(b.bus.nodeId, new Uint8Array(), 5_000)).rejects.toMatchObject({
      code: 'node-unreachable',
    });
    await until('it goes on about it', () => a.heard.missed >= 2);
    await redis.start();
    await isHearing(a.bus, b.bus);
    await reaches(a, b, 2);
  });

  it('starts with a Redis that stands still', async () => {
    await redis.start();
    redis.pause();
    const a = await open();
    expect(a.states).toEqual(['deaf']);
    redis.resume();
    await isHearing(a.bus);
  });

  it('refuses to start with a password that Redis refuses', async () => {
    await redis.start('--requirepass', 'secret');
    const withPassword = (password: string) => redis.url.replace('//', `//:${password}@`);
    for (const url of [redis.url, withPassword('wrong')]) {
      await expect(RedisBus.open(url)).rejects.toMatchObject({ code: 'config-invalid' });
    }
    const a = await open(withPassword('secret'));
    expect(a.bus.isHearing).toBe(true);
  });

  it('refuses to start without the right to its channels', async () => {
    await redis.start();
    await command('ACL', 'SETUSER', 'node', 'on', '>secret', '+@all', 'resetchannels', '&other:*');
    const url = redis.url.replace('//', '//node:secret@');
    await expect(RedisBus.open(url)).rejects.toMatchObject({ code: 'config-invalid' });
    const bus = await RedisBus.open(url, { prefix: 'other' });
    expect(bus.isHearing).toBe(true);
    await bus.close();
  });

  it('comes back when Redis ends it for reading too slowly', async () => {
    const [a, b] = await openPair();
    await command('CONFIG', 'SET', 'client-output-buffer-limit', 'pubsub 1mb 1mb 1');
    const { missed } = b.heard;
    a.bus.tell(id, numbered(1, 4 * MIB));
    await until('b is deaf', () => !b.bus.isHearing);
    await isHearing(a.bus, b.bus);
    expect(b.heard.missed).toBeGreaterThanOrEqual(missed + 2);
    await reaches(a, b, 2);
    expect(b.heard.topics()).not.toContain('1');
  });

  it('holds a bounded part of what it tells while Redis stands still', async () => {
    const [a, b] = await openPair();
    const { missed } = b.heard;
    redis.pause();
    const before = await anonymousMemory(process.pid);
    for (let number = 0; number < 100_000; number++) {
      a.bus.tell(id, numbered(number, 200));
      if (number % 1_000 === 0) await sleep(0);
    }
    expect((await anonymousMemory(process.pid)) - before).toBeLessThan(150 * MIB);
    expect(a.bus.counts.dropped).toBeGreaterThan(50_000);
    for (let number = 0; number < 1_000; number++) {
      a.bus.tell(id, numbered(100_000 + number, MIB));
      if (number % 10 === 0) await sleep(0);
    }
    expect((await anonymousMemory(process.pid)) - before).toBeLessThan(200 * MIB);
    redis.resume();
    await until('b hears that it missed something', () => b.heard.missed > missed);
    await reaches(a, b, 200_000);
    expectInOrder(b);
  });

  it('keeps the order of one sender through all of it', async () => {
    const [a, b] = await openPair();
    let number = 0;
    const telling = setInterval(() => {
      for (let more = 0; more < 20; more++) a.bus.tell(id, numbered(number++, 2_000));
    }, 5);
    for (let round = 0; round < 3; round++) {
      await sleep(500);
      redis.pause();
      // Longer than the publisher waits for an answer: what it gave up is still in Redis's socket.
      await sleep(round === 0 ? 12_000 : 1_000);
      redis.resume();
      await sleep(500);
      await command('CLIENT', 'KILL', 'TYPE', 'pubsub');
      await sleep(500);
      await command('CLIENT', 'KILL', 'TYPE', 'normal');
      await sleep(500);
      await redis.kill();
      await sleep(500);
      await redis.start();
      await isHearing(a.bus, b.bus);
    }
    clearInterval(telling);
    await reaches(a, b, number);
    expectInOrder(b);
    expect(b.heard.topics().length).toBeGreaterThan(1_000);
    expect(b.heard.missed).toBeGreaterThan(3);
  });

  it('counts a node as gone that was killed, once, and not the others', async () => {
    const [a, b] = await openPair();
    const program = `
      import { RedisBus } from ${JSON.stringify(BUILT)};
      const bus = await RedisBus.open(${JSON.stringify(redis.url)});
      process.stdout.write(bus.nodeId);
      setInterval(() => {}, 1_000);
    `;
    const child = execFile(process.execPath, ['--input-type=module', '--eval', program]);
    let killed = '';
    child.stdout?.on('data', (chunk: string) => {
      killed += chunk;
    });
    await until('it is there', () => killed.length === 16);
    await sleep(HEARTBEAT_MS);
    child.kill('SIGKILL');
    await until('it is gone', () => a.heard.gone.length > 0, SILENCE_MS + 3 * HEARTBEAT_MS);
    await sleep(2 * HEARTBEAT_MS);
    expect(a.heard.gone).toEqual([killed]);
    expect(b.heard.gone).toEqual([killed]);
  });

  it('subscribes with one command to what is joined in one turn', async () => {
    const [, b] = await openPair();
    await command('CONFIG', 'RESETSTAT');
    const documents = Array.from({ length: 2_500 }, (_, at) => parseDocumentId(`document ${at}`));
    await Promise.all(documents.map((documentId) => b.bus.join(documentId)));
    const statistics = String(await command('INFO', 'commandstats'));
    expect(/cmdstat_subscribe:calls=(\d+)/.exec(statistics)?.[1]).toBe('3');
  });

  it.each(['hears', 'waits for Redis', 'meets a Redis that stands still'])(
    'lets the process end after closing a bus that %s',
    async (case_) => {
      if (case_ !== 'waits for Redis') await redis.start();
      const program = `
        import { RedisBus } from ${JSON.stringify(BUILT)};
        const bus = await RedisBus.open(${JSON.stringify(redis.url)});
        ${case_.startsWith('meets') ? `process.kill(${redis.pid}, 'SIGSTOP'); void bus.join('x');` : ''}
        await bus.close();
      `;
      await run(process.execPath, ['--input-type=module', '--eval', program], { timeout: 20_000 });
    },
  );
});

/** The package as it is built: in a process of its own. */
const BUILT = fileURLToPath(new URL('../dist/index.js', import.meta.url));

function expectInOrder({ heard }: Node): void {
  const numbers = heard.topics().map(Number);
  const wrong = numbers.findIndex((number, at) => at > 0 && number < (numbers[at - 1] as number));
  expect(numbers.slice(Math.max(wrong - 1, 0), wrong + 1)).toEqual([]);
}
