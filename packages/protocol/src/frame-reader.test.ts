import { expect, it } from 'vitest';
import { FrameReader } from './frame-reader.ts';

it('gives views whose slices are copies, of a Buffer too', () => {
  const frame = Buffer.from([2, 7, 8]);
  const view = new FrameReader(frame).bytes();
  const copy = view.slice();
  frame.fill(0);
  expect([...view]).toEqual([0, 0]);
  expect([...copy]).toEqual([7, 8]);
});
