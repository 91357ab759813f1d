import { userOf } from '@syncline/app-common/people';
import type { Awareness } from 'y-protocols/awareness';
import * as Y from 'yjs';

/**
 * An awareness as it is, but that those who send nonsense are left out of `getStates()`. Bindings of editors trust
 * what they find there: a cursor that is none makes them throw, and the carets of all others stop; a colour goes
 * into a style, with whatever else is in it.
 */
export function shownAwareness(awareness: Awareness): Awareness {
  const getStates = () => {
    const shown = new Map<number, Record<string, unknown>>();
    for (const [client, state] of awareness.getStates()) {
      if (client === awareness.clientID) shown.set(client, state);
      else if (isCursor(state['cursor'], awareness.doc)) {
        // With a colour that is one.
        shown.set(client, { ...state, user: userOf(state) ?? {} });
      }
    }
    return shown;
  };
  // All else, listeners and the own state too, is the awareness itself.
  return Object.create(awareness, { getStates: { value: getStates } }) as Awareness;
}

function isCursor(cursor: unknown, doc: Y.Doc): boolean {
  try {
    const { anchor, head } = cursor as { readonly anchor: unknown; readonly head: unknown };
    for (const place of [anchor, head]) {
      const relative = Y.createRelativePositionFromJSON(place);
      Y.createAbsolutePositionFromRelativePosition(relative, doc);
    }
    return true;
  } catch {
    return false;
  }
}
