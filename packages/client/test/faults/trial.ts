import { isDeepStrictEqual } from 'node:util';
import {
  type Direction,
  FaultyNetwork,
  Random,
  ServerProcess,
  StockClient,
  sleep,
  TemporaryDirectory,
  until,
} from '@syncline/testing';
import { backendName, makeBackend } from '@syncline/testing/services';
import { expect } from 'vitest';
import type * as Y from 'yjs';
import { openOfflineStore } from '../../src/offline/node.ts';
import { contentOf, Editing, isWhole, marksOf } from './editing.ts';
import { hocuspocusPeer, OwnPeer, type Peer, stockPeer } from './peer.ts';

const DOCUMENT = 'convergence';
const SILENCES: readonly (readonly Direction[])[] = [['up'], ['down'], ['up', 'down']];

/** A server, and the line to it. */
interface FaultyNode {
  readonly server: ServerProcess;
  readonly network: FaultyNetwork;
}

export interface TrialOptions {
  readonly seed: number;
  /** How long clients edit while the network and the server fail. */
  readonly faultyMs: number;
  /** How long clients may take afterwards until all are equal. */
  readonly healMs: number;
  /** Own clients are told to try again when all is well; else they have to come back by themselves. */
  readonly areCalled?: boolean;
}

/**
 * Five clients of all kinds edit one document while everything around them fails; in the end all are equal.
 * They are with one server, or with two nodes where the backend can be shared.
 */
export async function runTrial(options: TrialOptions): Promise<void> {
  const { seed, faultyMs, healMs, areCalled = false } = options;
  const random = new Random(seed);
  const [backend, folder] = [await makeBackend(), await TemporaryDirectory.make()];
  const nodes: FaultyNode[] = [];
  for (let node = 0; node < (backendName === 'postgres+redis' ? 2 : 1); node++) {
    const server = new ServerProcess(backend);
    await server.start();
    nodes.push({ server, network: await FaultyNetwork.start(server.url, random.fork()) });
  }
  const [{ network, server }, { network: other } = { network }] = nodes as [
    FaultyNode,
    FaultyNode?,
  ];
  const copies = openOfflineStore({ folder: folder.path });
  const stored = new OwnPeer(network.url, DOCUMENT, 'web-socket', copies);
  const peers: Peer[] = [
    stored,
    new OwnPeer(other.url, DOCUMENT, 'web-socket'),
    new OwnPeer(network.url, DOCUMENT, random.pick(['http-stream', 'http-poll'] as const)),
    stockPeer(other.url, DOCUMENT),
    hocuspocusPeer(network.url, DOCUMENT),
  ];
  try {
    const until = performance.now() + faultyMs;
    const editors = peers.map((peer) => edit(peer, random.fork(), until));
    const reopening = reopen(stored, random.fork(), until);
    const [marks] = await Promise.all([
      Promise.all(editors),
      reopening,
      ...nodes.map((node) => fail(node, random.fork(), until)),
    ]);
    for (const { length } of marks) expect(length).toBeGreaterThan(20);
    if (areCalled) for (const peer of peers) peer.call?.();
    const doc = await converge(peers, server.url, healMs);
    expect(marksOf(doc)).toEqual(marks.flat().toSorted());
  } catch (error) {
    throw new Error(`CONVERGENCE_SEED=${seed} failed`, { cause: error });
  } finally {
    await Promise.all(peers.map((peer) => peer.close()));
    await copies.close();
    for (const node of nodes) {
      node.network.close();
      await node.server.kill('SIGKILL');
    }
    await backend.remove();
    await folder.remove();
  }
}

/** Returns the marks that were made. */
async function edit(peer: Peer, random: Random, until: number): Promise<string[]> {
  const marks: string[] = [];
  let editing: Editing | undefined;
  for (; performance.now() < until; await sleep(random.between(0, 40))) {
    const { doc } = peer;
    if (doc === undefined) continue;
    if (doc !== editing?.doc) {
      editing?.close();
      editing = new Editing(doc, random);
    }
    editing.edit();
    const mark = `${peer.name} ${marks.length}`;
    editing.mark(mark);
    marks.push(mark);
  }
  editing?.close();
  return marks;
}

/** Closes a client that has a store, and opens it again, whatever it is doing. */
async function reopen(peer: OwnPeer, random: Random, until: number): Promise<void> {
  while (performance.now() < until) {
    await sleep(random.between(100, 1_500));
    await peer.reopen();
  }
}

/** Does one thing after the other that must not matter; in the end all is well again. */
async function fail({ server, network }: FaultyNode, random: Random, until: number): Promise<void> {
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
async function converge(peers: readonly Peer[], url: string, timeoutMs: number): Promise<Y.Doc> {
  await Promise.all(peers.map((peer) => peer.inStep(timeoutMs)));
  const docs = () => peers.map(({ doc, name }) => ({ name, doc: doc as Y.Doc }));
  const [{ doc: first }, ...others] = docs() as [{ name: string; doc: Y.Doc }];
  const areEqual = () => others.every(({ doc }) => isEqual(doc, first));
  // When they do not become so, what follows says where they differ.
  await until('all are equal', areEqual, 10_000).catch(() => {});
  for (const { doc, name } of docs()) {
    expect(contentOf(doc), name).toEqual(contentOf(first));
    expect(isWhole(doc), name).toBe(true);
  }
  const reader = new StockClient(url, DOCUMENT);
  try {
    await reader.synced();
    expect(contentOf(reader.doc)).toEqual(contentOf(first));
    expect(isWhole(reader.doc)).toBe(true);
  } finally {
    reader.destroy();
  }
  return first;
}

const isEqual = (one: Y.Doc, other: Y.Doc): boolean =>
  isDeepStrictEqual(contentOf(one), contentOf(other));
