import type { ClassicLevel } from 'classic-level';

/** The LevelDB folder, open. Keys and values are bytes. */
export type Database = ClassicLevel<Buffer, Buffer>;
