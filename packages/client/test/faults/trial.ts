import { isDeepStrictEqual } from 'node:util';
import { ServerProcess, StockClient, sleep, TemporaryDirectory, until } from '@syncline/testing';
import { expect } from 'vitest';
import { openOfflineStore } from '../../src/offline/node.ts';
import { contentOf, Editing, isWhole } from './editing.ts';
import { type Direction, FaultyNetwork } from './faulty-network.ts';
import { hocuspocusPeer, OwnPeer, type Peer, stockPeer } from './peer.ts';
import { Random } from './random.ts';

const DOCUMENT = 'convergence';
const SILENCES: readonly (readonly Direction[])[] = [['up'], ['down'], ['up', 'down']];

export interface TrialOptions {
  readonly seed: number;
  /** How long clients edit while the network and the server fail. */
  readonly faultyMs: number;
  /** How long clients may take afterwards until all are equal. */
  readonly healMs: number;
  /** Own clients are told to try again when all is well; else they have to come back by themselves. */
  readonly areCalled?: boolean;
}

/** Five clients of all kinds edit one document while everything around them fails; in the end all are equal. */
export async function runTrial(options: TrialOptions): Promise<void> {
  const { seed, faultyMs, healMs, areCalled = false } = options;
  const random = new Random(seed);
  const folders = [await TemporaryDirectory.make(), await TemporaryDirectory.make()] as const;
  const server = new ServerProcess(folders[0].path);
  await server.start();
  const network = await FaultyNetwork.start(server.url, random.fork());
  const { url } = network;
  const copies = openOfflineStore({ folder: folders[1].path });
  const peers: Peer[] = [
    new OwnPeer(url, DOCUMENT, 'web-socket'),
    new OwnPeer(url, DOCUMENT, random.pick(['http-stream', 'http-poll'] as const)),
    new OwnPeer(url, DOCUMENT, 'web-socket', copies),
    stockPeer(url, DOCUMENT),
    hocuspocusPeer(url, DOCUMENT),
  ];
  try {
    const until = performance.now() + faultyMs;
    const editors = peers.map(({ doc }) => edit(doc, random.fork(), until));
    const [edits] = await Promise.all([Promise.all(editors), fail(server, network, random, until)]);
    for (const count of edits) expect(count).toBeGreaterThan(20);
    if (areCalled) for (const peer of peers) peer.call?.();
    await converge(peers, server.url, healMs);
  } catch (error) {
    throw new Error(`CONVERGENCE_SEED=${seed} failed`, { cause: error });
  } finally {
    await Promise.all(peers.map((peer) => peer.close()));
    await copies.close();
    network.close();
    await server.kill('SIGKILL');
    for (const folder of folders) await folder.remove();
  }
}

async function edit(doc: Peer['doc'], random: Random, until: number): Promise<number> {
  const editing = new Editing(doc, random);
  while (performance.now() < until) {
    editing.edit();
    await sleep(random.between(0, 40));
  }
  editing.close();
  return editing.edits;
}

/** Does one thing after the other that must not matter; in the end all is well again. */
async function fail(
  server: ServerProcess,
  network: FaultyNetwork,
  random: Random,
  until: number,
): Promise<void> {
  const ends: (() => void)[] = [];
  while (performance.now() < until) {
    await sleep(random.between(50, 600));
    network.latencyMs = random.pick([0, 0, 2, 15]);
    network.pieceBytes = random.pick([16, 200, 65_536]);
    const kind = random.below(10);
    if (kind < 3) network.cutOne();
    else if (kind < 4) network.cut();
    else if (kind < 6) ends.push(network.silence(...random.pick(SILENCES)));
    else if (kind < 7) for (const end of ends.splice(0)) end();
    else if (kind < 9) {
      await server.kill(random.pick(['SIGKILL', 'SIGTERM']));
      await sleep(random.between(0, 300));
      await server.start();
    }
  }
  network.latencyMs = 0;
  // Ends of connections that nobody hears of take the heartbeat's 40 s to be noticed.
  for (const end of ends) end();
}

/** Waits until all clients, and one that was never there before, have the same, and nothing is missing. */
async function converge(peers: readonly Peer[], url: string, timeoutMs: number): Promise<void> {
  await Promise.all(peers.map((peer) => peer.inStep(timeoutMs)));
  const contents = () => peers.map(({ doc, name }) => ({ name, content: contentOf(doc) }));
  const areEqual = () => {
    const [first, ...others] = contents();
    return others.every(({ content }) => isDeepStrictEqual(content, first?.content));
  };
  try {
    await until('all are equal', areEqual, 10_000);
  } catch (error) {
    const [first, ...others] = contents();
    // It says where they differ.
    for (const { content, name } of others) expect(content, name).toEqual(first?.content);
    throw error;
  }
  for (const { doc, name } of peers) expect([name, isWhole(doc)]).toEqual([name, true]);
  const reader = new StockClient(url, DOCUMENT);
  try {
    await reader.synced();
    expect(contentOf(reader.doc)).toEqual(contentOf((peers[0] as Peer).doc));
    expect(isWhole(reader.doc)).toBe(true);
  } finally {
    reader.destroy();
  }
}
