import { expect, it } from 'vitest';
import type { Epoch } from './document-store.ts';
import { isSameIncarnation, newEpoch, nextEpoch } from './epoch.ts';

it('two new epochs are different, and of different incarnations', () => {
  const [one, other] = [newEpoch(), newEpoch()];
  expect(one).toMatch(/^[0-9a-f]{16}$/);
  expect(one).not.toBe(other);
  expect(isSameIncarnation(one, other)).toBe(false);
});

it('the next epoch is another one of the same incarnation', () => {
  const epoch = newEpoch();
  const epochs = [epoch, nextEpoch(epoch), nextEpoch(nextEpoch(epoch))];
  expect(new Set(epochs).size).toBe(3);
  for (const next of epochs) expect(isSameIncarnation(epoch, next)).toBe(true);
});

it('the count of an epoch begins anew after its last', () => {
  expect(nextEpoch('0123456789abffff' as Epoch)).toBe('0123456789ab0000');
});
