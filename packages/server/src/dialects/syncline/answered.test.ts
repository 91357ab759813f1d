import { expect, it } from 'vitest';
import { Answered } from './answered.ts';

it('goes through the numbers that are answered without a hole', () => {
  const answered = new Answered();
  expect(answered.add([1, 2])).toBe(true);
  expect(answered.through).toBe(2);
  expect(answered.add([4, 5])).toBe(false);
  expect([answered.through, answered.ahead]).toEqual([2, 2]);
  expect(answered.add([3])).toBe(true);
  expect([answered.through, answered.ahead]).toEqual([5, 0]);
});
