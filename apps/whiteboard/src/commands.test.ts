import { expect, it } from 'vitest';
import { COMMANDS, commandFor, type Stroke } from './commands.ts';

function key(key: string, more: Partial<Stroke> = {}): string | undefined {
  const none = { code: '', ctrlKey: false, metaKey: false, shiftKey: false, altKey: false };
  return commandFor({ key, ...none, ...more })?.id;
}

it('finds the command of a key, on different keyboards', () => {
  expect(key('r')).toBe('rectangle');
  expect(key('R', { shiftKey: true })).toBeUndefined();
  expect(key('z', { ctrlKey: true })).toBe('undo');
  expect(key('Z', { metaKey: true, shiftKey: true })).toBe('redo');
  expect(key('y', { ctrlKey: true })).toBe('redo');
  expect(key('r', { ctrlKey: true })).toBeUndefined();
  expect(key('r', { altKey: true })).toBeUndefined();
  expect(key('?', { shiftKey: true })).toBe('help');
  expect(key('+')).toBe('zoom-in');
  expect(key('+', { shiftKey: true })).toBe('zoom-in');
  expect(key('}', { shiftKey: true, code: 'BracketRight' })).toBe('front');
  expect(key('+', { code: 'BracketRight' })).toBe('forward');
  expect(key('ArrowLeft', { shiftKey: true })).toBe('nudge-Left-10');
  expect(key('Dead')).toBeUndefined();
});

it('gives no key to two commands', () => {
  const keys = COMMANDS.flatMap(({ keys }) => keys);
  expect(new Set(keys).size).toBe(keys.length);
  expect(new Set(COMMANDS.map(({ id }) => id)).size).toBe(COMMANDS.length);
});
