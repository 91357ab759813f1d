import type { ClassicLevel } from 'classic-level';

/** The LevelDB folder, open. Keys and values are bytes. */
export type Database = ClassicLevel<Buffer, Buffer>;

/** One change of a batch. */
export type Operation =
  | { readonly type: 'put'; readonly key: Buffer; readonly value: Buffer }
  | { readonly type: 'del'; readonly key: Buffer };
