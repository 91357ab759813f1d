import type { Editor } from '@tiptap/core';
import type { Tool } from './tools.ts';

const SVG = 'http://www.w3.org/2000/svg';
const IS_MAC = /Mac|iPhone|iPad/.test(navigator.platform);

/** Shows tools as a toolbar, as long as the editor is there: one stop of the Tab key, arrows go along it. */
export function showToolbar(
  bar: HTMLElement,
  groups: readonly (readonly Tool[])[],
  editor: Editor,
  signal: AbortSignal,
): void {
  bar.replaceChildren();
  const updates: (() => void)[] = [];
  for (const tools of groups) {
    const group = document.createElement('div');
    group.setAttribute('role', 'group');
    for (const tool of tools) {
      const button = buttonOf(tool, editor);
      group.append(button);
      updates.push(() => update(button, tool, editor));
    }
    bar.append(group);
  }
  const buttons = [...bar.querySelectorAll('button')];
  for (const [at, button] of buttons.entries()) button.tabIndex = at === 0 ? 0 : -1;
  const onKey = (event: KeyboardEvent) => {
    const next = nextOf(event.key, buttons.indexOf(event.target as HTMLButtonElement), buttons);
    if (next === undefined) return;
    event.preventDefault();
    next.focus();
  };
  const onFocus = ({ target }: FocusEvent) => {
    for (const button of buttons) button.tabIndex = button === target ? 0 : -1;
  };
  bar.addEventListener('keydown', onKey, { signal });
  bar.addEventListener('focusin', onFocus, { signal });
  // Once a frame: who types, or reads what others type, does not wait for buttons.
  let isDue = false;
  const refresh = () => {
    if (isDue) return;
    isDue = true;
    requestAnimationFrame(() => {
      isDue = false;
      if (signal.aborted) return;
      for (const update of updates) update();
    });
  };
  editor.on('transaction', refresh);
  editor.on('update', refresh);
  refresh();
}

function nextOf(
  key: string,
  at: number,
  buttons: readonly HTMLButtonElement[],
): HTMLButtonElement | undefined {
  const { length } = buttons;
  switch (key) {
    case 'ArrowRight':
      return buttons[(at + 1) % length];
    case 'ArrowLeft':
      return buttons[(at + length - 1) % length];
    case 'Home':
      return buttons[0];
    case 'End':
      return buttons[length - 1];
    default:
      return undefined;
  }
}

function buttonOf(tool: Tool, editor: Editor): HTMLButtonElement {
  const button = document.createElement('button');
  button.type = 'button';
  button.setAttribute('aria-label', tool.label);
  button.title = tool.keys === undefined ? tool.label : `${tool.label} (${keyNames(tool.keys)})`;
  if (tool.keys !== undefined) {
    const keys = tool.keys.replaceAll('-', '+').replace('Mod', IS_MAC ? 'Meta' : 'Control');
    button.setAttribute('aria-keyshortcuts', keys);
  }
  button.append(iconOf(tool.icon));
  // The selection stays where it is.
  button.addEventListener('mousedown', (event) => event.preventDefault());
  button.addEventListener('click', () => {
    if (button.getAttribute('aria-disabled') !== 'true') tool.run(editor);
  });
  return button;
}

/** Not `disabled`: the focus would be lost, and with it the place in the bar. */
function update(button: HTMLElement, { active, isAvailable }: Tool, editor: Editor): void {
  const can = editor.isEditable && (isAvailable?.(editor) ?? true);
  button.setAttribute('aria-disabled', String(!can));
  if (active !== undefined) {
    button.setAttribute('aria-pressed', String(editor.isActive(active[0], active[1] ?? {})));
  }
}

function iconOf(icon: string): Element {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', icon);
  svg.append(path);
  return svg;
}

function keyNames(keys: string): string {
  const parts = keys.split('-').map((part) => (part.length === 1 ? part.toUpperCase() : part));
  return IS_MAC
    ? parts.join('').replace('Mod', '⌘').replace('Alt', '⌥').replace('Shift', '⇧')
    : parts.join('+').replace('Mod', 'Ctrl');
}
