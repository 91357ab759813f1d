import { readFresh, sleep } from '@syncline/testing';
import { expect } from 'vitest';
import type { Scene } from './cluster-scene.ts';
import type { Kind, Writers } from './writers.ts';

export const SOME_KINDS: readonly Kind[] = ['syncline', 'y-websocket 3', 'hocuspocus 4'];

/** People who write three documents of a scene. */
export class Troop {
  /** Has clients of all kinds on all nodes, who stay. */
  readonly stay: Writers;
  /** Is left by all its clients in the midst of the fault. */
  readonly left: Writers;
  /** Has clients on the first node alone. */
  readonly aside: Writers;
  readonly #scene: Scene;

  constructor(scene: Scene) {
    this.#scene = scene;
    const { homes } = scene;
    this.stay = scene.writers('stay/ö', homes);
    this.left = scene.writers('left', homes, SOME_KINDS);
    this.aside = scene.writers('aside', homes.slice(0, 1), SOME_KINDS);
  }

  /** Lasts so long; half way those who are to leave do so. */
  async midst(ms: number): Promise<void> {
    await sleep(ms / 2);
    this.left.leave();
    await sleep(ms / 2);
  }

  /** Who opens a document meanwhile on a node that did not have it open sees all that was promised. */
  async openAnew(): Promise<void> {
    const { documentId, promised } = this.aside;
    const before = [...promised];
    const content = await readFresh(this.#scene.cluster.node(1).url, documentId);
    const words = new Set(content.split(' '));
    expect(before.filter((word) => !words.has(word))).toEqual([]);
  }

  /** The document that is on one node goes on as before while something else does not. */
  async mustGoOn(task: () => Promise<unknown>): Promise<void> {
    await mustGoOn(this.aside, task);
  }

  /** The fault is over: see {@link Scene.judge}. */
  async judge(...others: readonly Writers[]): Promise<void> {
    await this.#scene.judge([this.stay, this.aside, ...others], [this.left]);
  }
}

/** Of what writers of {@link SOME_KINDS} type meanwhile, nearly all is acknowledged to those who are told. */
export async function mustGoOn(writers: Writers, task: () => Promise<unknown>): Promise<void> {
  const { typed, acks } = writers;
  await task();
  const share = (writers.acks - acks) / (writers.typed - typed);
  // One of the three kinds is told.
  expect(share).toBeGreaterThan(0.25);
}
