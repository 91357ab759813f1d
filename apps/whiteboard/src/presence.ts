import { userOf } from '@syncline/app-common/people';
import type { User } from '@syncline/app-common/user';
import { createPresence, type Person, type Presence } from '@syncline/bindings';
import type { Awareness } from 'y-protocols/awareness';
import { boxOfValue, type Drag, dragOf, idsOf, pointOfValue } from './drag.ts';
import type { Box, Point } from './geometry.ts';

/** So many ids of a selection are told; all that is shown of it is a frame around each. */
const MOST_SELECTED = 100;

/** What each of the people on a board tells the others. */
export interface BoardState {
  readonly user: User;
  /** The pointer, on the board; not there while it is elsewhere. */
  readonly cursor?: Point | undefined;
  /** What their window shows. */
  readonly viewport?: Box | undefined;
  readonly selection?: readonly string[] | undefined;
  readonly drag?: Drag | undefined;
}

export type BoardPerson = Person<BoardState>;
export type BoardPresence = Presence<BoardState>;

/** Who sits here is said by the bar of the page. */
export function createBoardPresence(awareness: Awareness): BoardPresence {
  return createPresence<BoardState>(awareness, { parse: boardStateOf });
}

/** Selections are told in part when they are large. */
export function toldSelection(ids: ReadonlySet<string>): readonly string[] | undefined {
  return ids.size === 0 ? undefined : [...ids].slice(0, MOST_SELECTED);
}

/** What another client says of itself is not to be trusted; what is not of the right form is left out. */
function boardStateOf(state: Readonly<Record<string, unknown>>): BoardState | undefined {
  const user = userOf(state);
  if (user === undefined) return undefined;
  const viewport = boxOfValue(state['viewport']);
  return {
    user,
    cursor: pointOfValue(state['cursor']),
    viewport: viewport && viewport.w > 0 && viewport.h > 0 ? viewport : undefined,
    selection: idsOf(state['selection'], MOST_SELECTED),
    drag: dragOf(state['drag']),
  };
}
