import type { NewEntry } from '@syncline/storage';
import { type Content, encode, join } from '@syncline/update';
import type { Session } from './session.ts';

/** What is new of an update, and waits for its commit. */
export interface Gathered {
  readonly session: Session;
  readonly news: Content;
  readonly time: number;
}

/** What one session sent in a row, as few updates. */
export interface Turn {
  readonly session: Session;
  readonly news: readonly Content[];
  readonly time: number;
}

/** Others' updates keep their place in between. */
export function inTurns(gathered: readonly Gathered[]): Turn[] {
  const turns: Gathered[][] = [];
  for (const item of gathered) {
    const last = turns.at(-1);
    if (last?.[0]?.session === item.session) last.push(item);
    else turns.push([item]);
  }
  return turns.map((turn) => {
    const { session, time } = turn[0] as Gathered;
    return { session, news: joinIfPossible(turn.map(({ news }) => news)), time };
  });
}

export function toEntries(turns: readonly Turn[]): NewEntry[] {
  const entries: NewEntry[] = [];
  for (const { session, news, time } of turns) {
    const { author } = session;
    for (const content of news) entries.push({ update: encode(content), author, time });
  }
  return entries;
}

/** What all of them say, in as few updates as can be. */
export function newsOf(turns: readonly Turn[]): readonly Content[] {
  const [first, ...more] = turns;
  if (first !== undefined && more.length === 0) return first.news; // joined already
  return joinIfPossible(turns.flatMap(({ news }) => news));
}

/**
 * What follows each other in a log has no gap, so that it fits into one update. Only when what lies
 * between two of them was appended before, by another node, it does not, and each stays by itself.
 */
export function joinIfPossible(contents: readonly Content[]): readonly Content[] {
  if (contents.length <= 1) return contents;
  const joined = join(contents);
  return joined === undefined ? contents : [joined];
}
