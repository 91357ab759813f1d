import type { NewEntry } from '@syncline/storage';
import { type Content, concatenate, encode } from '@syncline/update';
import type { Session } from './session.ts';

/** What is new of an update, and waits for its commit. */
export interface Gathered {
  readonly session: Session;
  readonly news: Content;
  readonly time: number;
}

/** One entry for what one author sent in a row. Others' entries keep their place in between. */
export function toEntries(gathered: readonly Gathered[]): NewEntry[] {
  const groups: Gathered[][] = [];
  for (const item of gathered) {
    const last = groups.at(-1);
    if (last?.[0]?.session === item.session) last.push(item);
    else groups.push([item]);
  }
  return groups.flatMap((group) => {
    const { session, time } = group[0] as Gathered;
    return joinNews(group).map((news) => ({ update: encode(news), author: session.author, time }));
  });
}

/** What was gathered, as few updates. */
export function joinNews(gathered: readonly Gathered[]): readonly Content[] {
  return join(gathered.map(({ news }) => news));
}

/**
 * What follows each other in a log has no gap, so that it fits into one update. Only when what lies
 * between two of them was appended before, by another node, it does not, and each stays by itself.
 */
export function join(contents: readonly Content[]): readonly Content[] {
  if (contents.length <= 1) return contents;
  const [joined, ...rest] = concatenate(contents);
  return rest.length === 0 ? [joined] : contents;
}
