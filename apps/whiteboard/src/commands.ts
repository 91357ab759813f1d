import type { Arrangement } from './arrange.ts';
import type { PictureType } from './export.ts';
import type { ToolName } from './tools/tool.ts';

/** What commands work on: the board. */
export interface Commanded {
  choose(tool: ToolName): void;
  undo(): void;
  redo(): void;
  selectAll(): void;
  copy(): void;
  cut(): void;
  paste(): void;
  duplicate(): void;
  deleteSelected(): void;
  arrange(arrangement: Arrangement): void;
  editSelected(): void;
  escape(): void;
  nudge(dx: number, dy: number): void;
  zoomBy(factor: number): void;
  zoomTo(zoom: number): void;
  zoomToFit(): void;
  download(type: PictureType): void;
  showHelp(): void;
}

export type Group = 'Tools' | 'Edit' | 'Arrange' | 'View' | 'More';

/** Something to do with the board, by a key or a button. */
export interface Command {
  readonly id: string;
  readonly title: string;
  readonly group: Group;
  /** `Mod` is Command on a Mac and Control elsewhere. The first one is shown. */
  readonly keys: readonly string[];
  /** The browser brings these keys as events of the clipboard. */
  readonly isByEvent?: boolean;
  run(board: Commanded): void;
}

const ZOOM_STEP = 1.25;

function tool(id: ToolName, title: string, ...keys: string[]): Command {
  return { id, title, group: 'Tools', keys, run: (board) => board.choose(id) };
}

function arrange(id: Arrangement, title: string, ...keys: string[]): Command {
  return { id, title, group: 'Arrange', keys, run: (board) => board.arrange(id) };
}

function nudge(name: string, title: string, dx: number, dy: number): Command[] {
  return [1, 10].map((step) => ({
    id: `nudge-${name}-${step}`,
    title: step === 1 ? `Move ${title}` : `Move ${title} by 10`,
    group: 'Arrange',
    keys: [step === 1 ? `Arrow${name}` : `Shift+Arrow${name}`],
    run: (board) => board.nudge(dx * step, dy * step),
  }));
}

/** All commands: what keys do, what the help says, and what tooltips show. */
export const COMMANDS: readonly Command[] = [
  tool('select', 'Select', 'V'),
  tool('hand', 'Hand', 'H'),
  tool('rectangle', 'Rectangle', 'R'),
  tool('ellipse', 'Ellipse', 'O'),
  tool('arrow', 'Arrow', 'A'),
  tool('pen', 'Pen', 'D', 'P'),
  tool('text', 'Text', 'T'),
  tool('sticky', 'Sticky note', 'N', 'S'),
  { id: 'undo', title: 'Undo', group: 'Edit', keys: ['Mod+Z'], run: (board) => board.undo() },
  {
    id: 'redo',
    title: 'Redo',
    group: 'Edit',
    keys: ['Mod+Shift+Z', 'Mod+Y'],
    run: (board) => board.redo(),
  },
  {
    id: 'copy',
    title: 'Copy',
    group: 'Edit',
    keys: ['Mod+C'],
    isByEvent: true,
    run: (board) => board.copy(),
  },
  {
    id: 'cut',
    title: 'Cut',
    group: 'Edit',
    keys: ['Mod+X'],
    isByEvent: true,
    run: (board) => board.cut(),
  },
  {
    id: 'paste',
    title: 'Paste',
    group: 'Edit',
    keys: ['Mod+V'],
    isByEvent: true,
    run: (board) => board.paste(),
  },
  {
    id: 'duplicate',
    title: 'Duplicate',
    group: 'Edit',
    keys: ['Mod+D'],
    run: (board) => board.duplicate(),
  },
  {
    id: 'delete',
    title: 'Delete',
    group: 'Edit',
    keys: ['Delete', 'Backspace'],
    run: (board) => board.deleteSelected(),
  },
  {
    id: 'select-all',
    title: 'Select all',
    group: 'Edit',
    keys: ['Mod+A'],
    run: (board) => board.selectAll(),
  },
  {
    id: 'edit',
    title: 'Edit text',
    group: 'Edit',
    keys: ['Enter'],
    run: (board) => board.editSelected(),
  },
  {
    id: 'escape',
    title: 'Put down, select nothing',
    group: 'Edit',
    keys: ['Escape'],
    run: (board) => board.escape(),
  },
  arrange('forward', 'Bring forward', ']'),
  arrange('backward', 'Send backward', '['),
  arrange('front', 'Bring to front', 'Shift+]'),
  arrange('back', 'Send to back', 'Shift+['),
  ...nudge('Left', 'left', -1, 0),
  ...nudge('Right', 'right', 1, 0),
  ...nudge('Up', 'up', 0, -1),
  ...nudge('Down', 'down', 0, 1),
  {
    id: 'zoom-in',
    title: 'Zoom in',
    group: 'View',
    keys: ['+', '='],
    run: (board) => board.zoomBy(ZOOM_STEP),
  },
  {
    id: 'zoom-out',
    title: 'Zoom out',
    group: 'View',
    keys: ['-'],
    run: (board) => board.zoomBy(1 / ZOOM_STEP),
  },
  {
    id: 'zoom-100',
    title: 'Zoom to 100 %',
    group: 'View',
    keys: ['0'],
    run: (board) => board.zoomTo(1),
  },
  {
    id: 'zoom-fit',
    title: 'Show everything',
    group: 'View',
    keys: ['1'],
    run: (board) => board.zoomToFit(),
  },
  {
    id: 'png',
    title: 'Download PNG',
    group: 'More',
    keys: [],
    run: (board) => board.download('png'),
  },
  {
    id: 'svg',
    title: 'Download SVG',
    group: 'More',
    keys: [],
    run: (board) => board.download('svg'),
  },
  {
    id: 'help',
    title: 'Keyboard shortcuts',
    group: 'More',
    keys: ['?'],
    run: (board) => board.showHelp(),
  },
];

export function commandOf(id: string): Command {
  const found = COMMANDS.find((command) => command.id === id);
  if (found === undefined) throw new Error(`there is no command ${id}`);
  return found;
}

const IS_MAC = typeof navigator !== 'undefined' && /Mac|iPhone|iPad/.test(navigator.platform);
const SIGNS: Readonly<Record<string, string>> = {
  Mod: IS_MAC ? '⌘' : 'Ctrl',
  Shift: IS_MAC ? '⇧' : 'Shift',
  ArrowLeft: '←',
  ArrowRight: '→',
  ArrowUp: '↑',
  ArrowDown: '↓',
  Escape: 'Esc',
};

/** The keys of a shortcut as people know them. */
export function keysShown(keys: string): string[] {
  return partsOf(keys).map((part) => SIGNS[part] ?? part);
}

/** What a button shows when the pointer rests on it. */
export function tooltip({ title, keys }: Command): string {
  const [first] = keys;
  return first === undefined ? title : `${title} — ${keysShown(first).join('+')}`;
}

/** What is to be looked at of a key event. */
export type Stroke = Pick<
  KeyboardEvent,
  'key' | 'code' | 'ctrlKey' | 'metaKey' | 'shiftKey' | 'altKey'
>;

/** The command that a key event asks for. */
export function commandFor(event: Stroke): Command | undefined {
  return COMMANDS.find(({ keys }) => keys.some((shortcut) => matches(event, shortcut)));
}

function matches(event: Stroke, shortcut: string): boolean {
  const parts = partsOf(shortcut);
  const key = parts.at(-1) ?? '';
  if (event.altKey || parts.includes('Mod') !== (event.ctrlKey || event.metaKey)) return false;
  // Brackets are where they are on an English keyboard, whatever is printed there.
  const code = key === '[' ? 'BracketLeft' : key === ']' ? 'BracketRight' : '';
  if (code !== '') {
    const isThere = event.code === code || event.key === key;
    return isThere && event.shiftKey === parts.includes('Shift');
  }
  if (event.key.toUpperCase() !== key.toUpperCase()) return false;
  // Signs as ? and + are typed with Shift on some keyboards and without on others.
  const isSign = key.length === 1 && !/[A-Z]/.test(key);
  return isSign || event.shiftKey === parts.includes('Shift');
}

/** `Mod++` is Mod and +. */
function partsOf(shortcut: string): string[] {
  return shortcut.split(/(?<=[^+])\+/);
}
