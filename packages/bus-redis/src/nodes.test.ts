import { HEARTBEAT_MS, type NodeId, SILENCE_MS } from '@syncline/bus';
import { beforeEach, expect, it } from 'vitest';
import { Nodes } from './nodes.ts';

const ada = 'ada' as NodeId;
const bob = 'bob' as NodeId;
let nodes: Nodes;

beforeEach(() => {
  nodes = new Nodes();
});

const hear = (node: NodeId, connection = 1) => nodes.hear({ node, connection });
/** @returns who is gone after so many beats of this node's own. */
const beats = (count: number, ms = HEARTBEAT_MS) =>
  Array.from({ length: count }, () => nodes.advance(ms)).flat();

it('counts a node as gone, once, that is silent while others are heard', () => {
  hear(ada);
  hear(bob);
  expect(beats(2)).toEqual([]);
  hear(bob);
  expect(beats(1)).toEqual([ada]);
  expect(beats(1)).toEqual([]);
  expect(beats(1)).toEqual([bob]);
});

it('counts a node anew that comes back', () => {
  hear(ada);
  expect(beats(3)).toEqual([ada]);
  expect(hear(ada, 0)).toBe(true);
  expect(beats(2)).toEqual([]);
  expect(beats(1)).toEqual([ada]);
});

it('counts no time in which nobody was heard', () => {
  hear(ada);
  beats(1);
  expect(beats(1, 10 * SILENCE_MS)).toEqual([]);
  // What waited meanwhile comes at once: one's own beats may be the first.
  expect(beats(3, 1)).toEqual([]);
  hear(ada);
  beats(2);
  nodes.startAnew();
  expect(beats(2)).toEqual([]);
});

it('says when something comes too late', () => {
  expect(hear(ada, 3)).toBe(true);
  expect(hear(ada, 3)).toBe(true);
  expect(hear(ada, 2)).toBe(false);
  expect(hear(bob, 1)).toBe(true);
  expect(hear(ada, 4)).toBe(true);
  expect(hear(ada, 3)).toBe(false);
});

it('forgets a node once', () => {
  hear(ada);
  expect(nodes.forget(ada)).toBe(true);
  expect(nodes.forget(ada)).toBe(false);
  expect(beats(5)).toEqual([]);
});

it('keeps no more nodes than there can be', () => {
  for (let number = 0; number < 10_000; number++) hear(`node ${number}` as NodeId);
  expect(beats(3).length).toBe(4_096);
});
