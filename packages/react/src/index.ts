'use client';

export type { Person, TextField } from '@syncline/bindings';
export type { DocumentProps, ReadyProvider, SourceProps } from './document-props.ts';
export { SynclineProvider, type SynclineProviderProps } from './provider.tsx';
export { type Send, useBroadcast } from './use-broadcast.ts';
export { useConnectionState } from './use-connection-state.ts';
export { type DocumentState, useDocument } from './use-document.ts';
export { type UpdateMap, useMap } from './use-map.ts';
export { useOthers } from './use-others.ts';
export { useSaveState } from './use-save-state.ts';
export { type UpdateSelf, useSelf } from './use-self.ts';
export { type SharedText, type UseTextOptions, useText } from './use-text.ts';
export { type UndoControls, useUndo } from './use-undo.ts';
