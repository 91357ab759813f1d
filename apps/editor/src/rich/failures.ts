import type { Guard } from '@syncline/app-common/guard';
import { Extension } from '@tiptap/core';

/** Tells the guard when the editor, or something in it, throws an error while it shows a change. */
export function failures(guard: Guard): Extension {
  return Extension.create({
    name: 'failures',
    // Around all others.
    priority: 10_000,
    dispatchTransaction: ({ transaction, next }) => {
      try {
        next(transaction);
      } catch (error) {
        guard.fail(error);
        throw error;
      }
    },
  });
}
