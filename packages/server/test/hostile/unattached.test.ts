import { connect } from 'node:net';
import { encodeBody } from '@syncline/protocol';
import { sleep, until } from '@syncline/testing';
import { describe, expect, it } from 'vitest';
import { createCustomAuthenticator } from '../../src/index-access.ts';
import { HocuspocusAttacker } from './attackers.ts';
import { ALL_MAY, Stage, withUsers } from './stage.ts';
import { textUpdate } from './updates.ts';

const ATTACH_MS = 600;
const LATE_MS = 5_000;

/** Lets the people in at once, and lets everybody else wait for ever. */
const slow = {
  ...withUsers(ALL_MAY),
  authenticator: createCustomAuthenticator(async ({ token }) => {
    if (token !== 'ada') await new Promise(() => {});
    return { id: 'ada' };
  }),
};

describe('a deadline that traffic does not extend', () => {
  it('ends a WebSocket that sends nothing', async () => {
    const stage = await Stage.set({ limits: { attachMs: ATTACH_MS } });
    const attacker = stage.knock('y-websocket');
    expect(await attacker.refusal(LATE_MS)).toBe('closed 4408 auth-timeout');
    await stage.survives();
  });

  it('ends a socket of Hocuspocus that sends everything but its token', async () => {
    const stage = await Stage.set({ limits: { attachMs: ATTACH_MS, queueFrames: 1e6 } });
    const attacker = stage.knock('hocuspocus');
    await sleep(50);
    const start = performance.now();
    for (let i = 0; !attacker.isGone && performance.now() - start < LATE_MS; i++) {
      attacker.sendKeyed(`document ${i % 20}`, 0, 2, textUpdate('x'));
      attacker.send(Uint8Array.of(9));
      await sleep(10);
    }
    expect(attacker.refusals.at(-1)).toBe('closed 4408 auth-timeout');
    expect(performance.now() - start).toBeLessThan(ATTACH_MS + 1_000);
    await stage.survives();
  });

  it('ends one document of Hocuspocus whose token does not come, and not the others', async () => {
    const stage = await Stage.set({ limits: { attachMs: ATTACH_MS } });
    const attacker = await stage.attacker('hocuspocus');
    attacker.sendKeyed('late', 0, 2, textUpdate('x'));
    expect(await attacker.refusal(LATE_MS)).toBe('denied auth-timeout');
    expect(attacker.isGone).toBe(false);
    await stage.survives();
  });

  it('ends a connection of syncline.v1 that sends nothing', async () => {
    const stage = await Stage.set({ limits: { attachMs: ATTACH_MS } });
    const attacker = stage.knock('syncline');
    expect(await attacker.refusal(LATE_MS)).toBe('closed 4408 auth-timeout');
    await stage.survives();
  });

  it.each(['syncline', 'syncline-http'] as const)(
    'ends a connection of %s that says hello, and pings, and attaches to nothing',
    async (dialect) => {
      const stage = await Stage.set({ limits: { attachMs: ATTACH_MS } });
      const attacker = stage.knock(dialect);
      await attacker.greet();
      const start = performance.now();
      while (attacker.refusals.length === 0 && performance.now() - start < LATE_MS) {
        attacker.say({ type: 'ping' });
        await sleep(20);
      }
      // Over HTTP, a request that comes after the end may be answered before the goodbye is read.
      await until('a goodbye', () => attacker.refusals.includes('goodbye auth-timeout'));
      await stage.survives();
    },
  );

  it.each(['y-websocket', 'hocuspocus', 'syncline'] as const)(
    'ends a connection of %s whose token takes for ever to check',
    async (dialect) => {
      const stage = await Stage.set({ ...slow, limits: { attachMs: ATTACH_MS } }, 'ada');
      const attacker = stage.knock(dialect, { token: 'mallory' });
      await attacker.attach();
      await attacker.gone(LATE_MS);
      expect(attacker.refusals.join()).toContain('auth-timeout');
      await stage.survives();
    },
  );
});

describe('before its token is checked, a client may send', () => {
  const knock = async (stage: Stage): Promise<HocuspocusAttacker> => {
    const attacker = stage.knock('hocuspocus', { token: 'mallory' });
    await expect.poll(() => attacker.socket.readyState).toBe(1);
    return attacker;
  };

  it('so many frames', async () => {
    const stage = await Stage.set({ ...slow, limits: { queueFrames: 100 } }, 'ada');
    const attacker = await knock(stage);
    attacker.authenticate();
    for (let i = 0; i < 101; i++) attacker.syncStep1(Uint8Array.of(0));
    expect(await attacker.refusal()).toBe('denied auth-queue-full');
    await stage.survives();
  });

  it('so many bytes', async () => {
    const stage = await Stage.set({ ...slow, limits: { queueBytes: 10_000 } }, 'ada');
    const attacker = await knock(stage);
    attacker.authenticate();
    for (let i = 0; i < 11; i++) attacker.update(new Uint8Array(1_000));
    expect(await attacker.refusal()).toMatch(/auth-queue-full$/);
    await stage.survives();
  });

  it('so many documents', async () => {
    const stage = await Stage.set({ ...slow, limits: { documentsPerConnection: 10 } }, 'ada');
    const attacker = await knock(stage);
    for (let i = 0; i < 11; i++) attacker.authenticate(`document ${i}`);
    expect(await attacker.refusal()).toBe('denied too-many-documents');
    await stage.survives();
  });

  it('no large message in pieces, of which none is a whole one', async () => {
    const stage = await Stage.set({ limits: { queueBytes: 1_000_000 } });
    for (const dialect of ['hocuspocus', 'syncline'] as const) {
      const attacker = stage.knock(dialect);
      await expect.poll(() => attacker.socket.readyState).toBe(1);
      for (let i = 0; i < 40; i++) {
        attacker.socket.send(new Uint8Array(100_000), { fin: false });
      }
      await attacker.gone(LATE_MS);
      expect(attacker.refusals.at(-1)).toMatch(/^closed (4408|1006)/);
    }
    await stage.survives();
  });

  it('no body of HTTP without a hello, and none of 3 MiB', async () => {
    const stage = await Stage.set();
    for (const [bytes, status] of [
      [new Uint8Array(), 400],
      [encodeBody([new Uint8Array(3 * 1024 * 1024)]), 413],
    ] as const) {
      const init = { method: 'POST', body: Buffer.from(bytes) };
      expect((await fetch(`${stage.server.url}/v1/sync`, init)).status).toBe(status);
    }
    await stage.survives();
  });

  it('no half of an HTTP request, for ever', async () => {
    const stage = await Stage.set();
    const { hostname, port } = new URL(stage.server.url);
    const socket = connect(Number(port), hostname);
    socket.write('POST /v1/sync HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhalf');
    await stage.survives();
    socket.destroy();
  });
});
