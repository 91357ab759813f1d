export type UndoCommand = 'undo' | 'redo';

/** What a key asks for: Ctrl+Z, Ctrl+Shift+Z and Ctrl+Y; Cmd on a Mac. */
export function commandOfKey(event: KeyboardEvent): UndoCommand | undefined {
  if (!(event.ctrlKey || event.metaKey) || event.altKey) return undefined;
  const key = event.key.toLowerCase();
  if (key === 'z') return event.shiftKey ? 'redo' : 'undo';
  return key === 'y' && !event.shiftKey ? 'redo' : undefined;
}

/** What a menu asks for. */
export function commandOfInput({ inputType }: InputEvent): UndoCommand | undefined {
  if (inputType === 'historyUndo') return 'undo';
  return inputType === 'historyRedo' ? 'redo' : undefined;
}
