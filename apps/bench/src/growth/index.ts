import { diskGrowth } from './disk.ts';
import { fanoutGrowth, rateGrowth } from './fanout.ts';
import type { Growth } from './growth.ts';
import { joinGrowth } from './join.ts';
import { openGrowth, storedGrowth } from './memory.ts';

export const GROWTHS: readonly Growth[] = [
  fanoutGrowth,
  rateGrowth,
  joinGrowth,
  storedGrowth,
  openGrowth,
  diskGrowth,
];
