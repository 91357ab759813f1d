export { colorOf } from './color.ts';
export { Listeners } from './listeners.ts';
export { type AnyMap, bindMap, type MapView } from './map-view.ts';
export { decodePosition, encodePosition, type Placed } from './position.ts';
export {
  createPresence,
  type Person,
  type Presence,
  type PresenceEvent,
  type PresenceOptions,
} from './presence.ts';
export { type Draft, opaque, type Plain, text } from './schema.ts';
export { bindText } from './text-binding.ts';
export type { TextBinding, TextField, TextOptions } from './text-options.ts';
export { type AnyType, createUndo, type Undo, type UndoOptions } from './undo.ts';
export { type WriteTextOptions, writeText } from './write-text.ts';
