import type { Growth } from './growth.ts';

export const GROWTHS: readonly Growth[] = [];
