import { userOf } from '@syncline/app-common/people';
import type { Awareness } from 'y-protocols/awareness';
import * as Y from 'yjs';

/**
 * An awareness as it is, but that those who send nonsense are left out of `getStates()`. Bindings of editors trust
 * what they find there: a cursor that is none makes them throw, and the carets of all others stop; a colour goes
 * into a style, with whatever else is in it. They also draw a caret anew only when it moves, so whoever gets another name
 * is left out for a moment.
 */
export function shownAwareness(awareness: Awareness): Awareness {
  const renamed = watchNames(awareness);
  const getStates = () => {
    const shown = new Map<number, Record<string, unknown>>();
    for (const [client, state] of awareness.getStates()) {
      if (client === awareness.clientID) shown.set(client, state);
      else if (!renamed.has(client) && isCursor(state['cursor'], awareness.doc)) {
        // With a colour that is one.
        shown.set(client, { ...state, user: userOf(state) ?? {} });
      }
    }
    return shown;
  };
  // All else, listeners and the own state too, is the awareness itself.
  return Object.create(awareness, { getStates: { value: getStates } }) as Awareness;
}

/** Longer than bindings take to draw what they were told of. */
const MOMENT_MS = 50;

/** Those whose name or colour has just changed. Whoever looks at it has to be listening to the awareness later. */
function watchNames(awareness: Awareness): ReadonlySet<number> {
  const renamed = new Set<number>();
  const users = new Map<number, string>();
  awareness.on(
    'change',
    (change: { readonly [kind in 'added' | 'updated' | 'removed']: number[] }) => {
      for (const client of change.removed) users.delete(client);
      for (const client of [...change.added, ...change.updated]) {
        if (client === awareness.clientID) continue;
        const user = JSON.stringify(userOf(awareness.getStates().get(client) ?? {}) ?? null);
        const before = users.get(client) ?? user;
        users.set(client, user);
        if (user === before) continue;
        renamed.add(client);
        setTimeout(() => {
          renamed.delete(client);
          awareness.emit('change', [{ added: [], updated: [client], removed: [] }, 'renamed']);
        }, MOMENT_MS);
      }
    },
  );
  return renamed;
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
