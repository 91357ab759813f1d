import { type Command, type Commanded, commandOf, tooltip } from './commands.ts';
import { type IconName, icon } from './icons.ts';
import { COLORS, type ColorName, type Palette } from './palette.ts';
import type { Fill } from './shape.ts';
import type { Style, ToolName } from './tools/tool.ts';

const TOOLS: readonly ToolName[] = [
  'select',
  'hand',
  'rectangle',
  'ellipse',
  'arrow',
  'pen',
  'text',
  'sticky',
];
const ARRANGE: readonly (readonly [string, IconName])[] = [
  ['front', 'front'],
  ['forward', 'forward'],
  ['backward', 'backward'],
  ['back', 'back'],
  ['duplicate', 'duplicate'],
  ['delete', 'bin'],
];

/** What buttons lead to. */
export interface ToolbarTarget extends Commanded {
  setColor(color: ColorName): void;
  setFill(fill: Fill): void;
}

/** What buttons show. */
export interface ToolbarState {
  readonly tool: ToolName;
  readonly style: Style;
  readonly hasSelection: boolean;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  readonly isWritable: boolean;
  readonly zoom: number;
}

/** The buttons of the board: tools, looks, history and zoom. */
export class Toolbar {
  readonly #target: ToolbarTarget;
  readonly #buttons = new Map<string, HTMLButtonElement>();
  readonly #colors = new Map<ColorName, HTMLButtonElement>();
  readonly #fill: HTMLButtonElement;
  readonly #looks: HTMLElement;
  readonly #selected: HTMLElement;
  readonly #zoom: HTMLButtonElement;
  #shown: ToolbarState | undefined;

  constructor(host: HTMLElement, target: ToolbarTarget) {
    this.#target = target;
    const tools = bar('tools', 'Tools');
    for (const name of TOOLS) tools.append(this.#button(commandOf(name), name));
    const history = bar('history', 'History');
    history.append(
      this.#button(commandOf('undo'), 'undo'),
      this.#button(commandOf('redo'), 'redo'),
    );
    const zoom = bar('zoom', 'Zoom');
    this.#zoom = this.#button(commandOf('zoom-100'), 'fit');
    this.#zoom.classList.add('percent');
    zoom.append(
      this.#button(commandOf('zoom-out'), 'minus'),
      this.#zoom,
      this.#button(commandOf('zoom-in'), 'plus'),
      this.#button(commandOf('zoom-fit'), 'fit'),
      this.#button(commandOf('help'), 'help'),
    );
    this.#looks = bar('looks', 'Colour and order');
    const colors = document.createElement('div');
    colors.className = 'colors';
    for (const color of COLORS) colors.append(this.#colorButton(color));
    this.#fill = button('Fill', icon('fill'), () => {
      target.setFill(this.#shown?.style.fill === 'soft' ? 'none' : 'soft');
    });
    colors.append(this.#fill);
    this.#selected = document.createElement('div');
    this.#selected.className = 'selected';
    for (const [id, name] of ARRANGE) this.#selected.append(this.#button(commandOf(id), name));
    this.#looks.append(colors, this.#selected);
    host.append(history, this.#looks, tools, zoom);
  }

  update(state: ToolbarState): void {
    const before = this.#shown;
    this.#shown = state;
    if (before?.zoom !== state.zoom) {
      const percent = `${Math.round(state.zoom * 100)} %`;
      this.#zoom.textContent = percent;
      this.#zoom.setAttribute('aria-label', `Zoom to 100 %, now ${percent}`);
    }
    const { isWritable, hasSelection } = state;
    for (const name of TOOLS) {
      const tool = this.#buttons.get(name);
      tool?.setAttribute('aria-pressed', String(name === state.tool));
      if (tool !== undefined) tool.disabled = !isWritable && name !== 'select' && name !== 'hand';
    }
    this.#enable('undo', isWritable && state.canUndo);
    this.#enable('redo', isWritable && state.canRedo);
    const isDrawing = state.tool !== 'select' && state.tool !== 'hand';
    this.#looks.hidden = !isWritable || !(hasSelection || isDrawing);
    this.#selected.hidden = !hasSelection;
    for (const [color, button] of this.#colors) {
      button.setAttribute('aria-pressed', String(color === state.style.color));
    }
    this.#fill.setAttribute('aria-pressed', String(state.style.fill === 'soft'));
  }

  /** The colours as they are on this paper. */
  paint(palette: Palette): void {
    for (const [color, button] of this.#colors) {
      button.style.setProperty('--color', palette.tones[color].line);
    }
  }

  #enable(id: string, isEnabled: boolean): void {
    const button = this.#buttons.get(id);
    if (button !== undefined) button.disabled = !isEnabled;
  }

  #button(command: Command, name: IconName): HTMLButtonElement {
    const made = button(command.title, icon(name), () => command.run(this.#target));
    made.title = tooltip(command);
    made.dataset['command'] = command.id;
    this.#buttons.set(command.id, made);
    return made;
  }

  #colorButton(color: ColorName): HTMLButtonElement {
    const made = button(`Colour: ${color}`, '', () => this.#target.setColor(color));
    made.classList.add('color');
    made.dataset['color'] = color;
    made.title = color;
    this.#colors.set(color, made);
    return made;
  }
}

function bar(name: string, label: string): HTMLElement {
  const element = document.createElement('div');
  element.className = `panel ${name}`;
  element.setAttribute('role', 'group');
  element.setAttribute('aria-label', label);
  return element;
}

function button(label: string, content: string, onClick: () => void): HTMLButtonElement {
  const element = document.createElement('button');
  element.type = 'button';
  element.title = label;
  element.setAttribute('aria-label', label);
  element.innerHTML = content;
  element.addEventListener('click', onClick);
  return element;
}
