import { useSyncExternalStore } from 'react';
import { useSeat } from './context.ts';

/** Sets some fields of the own state; `undefined` takes one away. The same function until the document is another one. */
export type UpdateSelf<S extends object> = (patch: Partial<S>) => void;

/**
 * What the others see of this user, and how to change it. It can be set before there is a connection, and goes to
 * a document that was reset, too; for another document it is null again.
 */
export function useSelf<S extends object>(): readonly [self: S | null, update: UpdateSelf<S>] {
  const seat = useSeat('useSelf');
  const self = useSyncExternalStore(seat.subscribeSelf, seat.self, nobody);
  return [self as S | null, seat.updateSelf];
}

const nobody = (): null => null;
