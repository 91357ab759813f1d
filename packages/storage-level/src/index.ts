export { LevelStore } from './level-store.ts';
