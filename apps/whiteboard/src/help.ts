import { COMMANDS, type Command, type Group, keysShown } from './commands.ts';

const GROUPS: readonly Group[] = ['Tools', 'Edit', 'Arrange', 'View', 'More'];

/** What pointers do, which no command is. */
const GESTURES: readonly (readonly [string, string])[] = [
  ['Pan', 'Space and drag, middle button, wheel, two fingers'],
  ['Zoom', 'Ctrl and wheel, pinch'],
  ['Add to the selection', 'Shift and click, or drag an area'],
  ['Keep proportions, or a line', 'Shift while dragging'],
  ['Write', 'Double-click'],
  ['Next, previous shape', 'Tab, Shift+Tab'],
  ['Follow somebody', 'Click on their picture'],
];

/** Fills the sheet with all shortcuts. */
export function makeHelp(dialog: HTMLDialogElement): void {
  const list = dialog.querySelector('.help-groups');
  if (list === null) return;
  for (const group of GROUPS) {
    const commands = COMMANDS.filter(
      ({ group: its, keys, id }) => its === group && keys.length > 0 && !id.endsWith('-10'),
    );
    list.append(section(group, commands.map(row)));
  }
  list.append(
    section(
      'Pointer and touch',
      GESTURES.map(([what, how]) => pair(what, [document.createTextNode(how)])),
    ),
  );
  dialog.querySelector('button')?.addEventListener('click', () => dialog.close());
  dialog.addEventListener('click', (event) => {
    // The backdrop counts as the dialog itself.
    if (event.target === dialog) dialog.close();
  });
}

function row({ title, keys }: Command): HTMLElement {
  const [first = ''] = keys;
  return pair(
    title,
    keysShown(first).map((key) => {
      const element = document.createElement('kbd');
      element.textContent = key;
      return element;
    }),
  );
}

function pair(what: string, how: readonly Node[]): HTMLElement {
  const element = document.createElement('div');
  const term = document.createElement('dt');
  term.textContent = what;
  const description = document.createElement('dd');
  description.append(...how);
  element.append(term, description);
  return element;
}

function section(title: string, rows: readonly HTMLElement[]): HTMLElement {
  const element = document.createElement('section');
  const heading = document.createElement('h3');
  heading.textContent = title;
  const list = document.createElement('dl');
  list.append(...rows);
  element.append(heading, list);
  return element;
}
