import type { Arrangement } from './arrange.ts';
import { Camera } from './camera.ts';
import { Clipboard } from './clipboard.ts';
import { Cursors } from './cursors.ts';
import { describe } from './describe.ts';
import type { Drag } from './drag.ts';
import { Edits } from './edits.ts';
import { downloadPicture, type PictureType } from './export.ts';
import { Follow } from './follow.ts';
import { Frames } from './frames.ts';
import { type Box, type Point, union } from './geometry.ts';
import type { ColorName } from './palette.ts';
import { Picture } from './picture.ts';
import { Pointers, type PointerTarget } from './pointers.ts';
import type { BoardPresence } from './presence.ts';
import { Scene } from './scene.ts';
import { Selection } from './selection.ts';
import { type Fill, hasText, type Shape } from './shape.ts';
import { type KeyTarget, listenToKeys } from './shortcuts.ts';
import type { BoardStore } from './store.ts';
import { TextField } from './text-field.ts';
import { currentPalette, onPaletteChange } from './theme.ts';
import { Told } from './told.ts';
import { Toolbar, type ToolbarTarget } from './toolbar.ts';
import { toolsOf } from './tools/all.ts';
import type { Desk, Style, Tool, ToolName } from './tools/tool.ts';

/** The places of the page that the board lives in. */
export interface BoardPlaces {
  readonly stage: HTMLElement;
  readonly controls: HTMLElement;
  readonly cursors: HTMLElement;
  readonly hint: HTMLElement;
  readonly announcer: HTMLElement;
  readonly help: HTMLDialogElement;
}

/** Puts the board together: what tools, keys and buttons ask for, and what is drawn then. */
export class Board implements Desk, KeyTarget, PointerTarget, ToolbarTarget {
  readonly store: BoardStore;
  readonly selection: Selection;
  readonly camera: Camera;
  readonly scene: Scene;
  readonly follow: Follow;
  style: Style = { color: 'ink', fill: 'none' };
  isSpaceHeld = false;
  readonly #name: string;
  readonly #places: BoardPlaces;
  readonly #told: Told;
  readonly #tools: Readonly<Record<ToolName, Tool>>;
  readonly #clipboard: Clipboard;
  readonly #edits: Edits;
  readonly #field: TextField;
  readonly #picture: Picture;
  readonly #frames: Frames;
  readonly #pointers: Pointers;
  readonly #toolbar: Toolbar;
  #tool: ToolName = 'select';
  #pointer: Point | undefined;

  constructor(name: string, store: BoardStore, presence: BoardPresence, places: BoardPlaces) {
    const { stage } = places;
    this.#name = name;
    this.#places = places;
    this.store = store;
    this.camera = new Camera(() => this.#onCamera());
    this.selection = new Selection(store);
    this.#edits = new Edits(store, this.selection);
    this.scene = new Scene(store, presence);
    this.follow = new Follow(presence, this.camera);
    this.#told = new Told(presence);
    this.#tools = toolsOf(this, (dx, dy) => this.pan(dx, dy));
    this.#clipboard = new Clipboard(store, this.selection, this.camera, () => this.#pointer);
    this.#field = new TextField(stage, store, this.scene, () => this.#onTyped());
    const cursors = new Cursors(places.cursors);
    this.#picture = new Picture(stage, {
      store,
      presence,
      selection: this.selection,
      camera: this.camera,
      scene: this.scene,
      cursors,
      follow: this.follow,
      field: this.#field,
    });
    this.#frames = new Frames((now) => this.#picture.draw(now));
    this.#toolbar = new Toolbar(places.controls, this);
    this.#toolbar.paint(currentPalette());
    this.#pointers = new Pointers(stage, this);
    listenToKeys(stage, this);
    this.#watch(presence);
    this.showState();
  }

  get tool(): Tool {
    return this.#tools[this.#tool];
  }

  // What tools ask for.

  take(drag: Drag, told: Drag = drag): void {
    this.scene.drag = drag;
    this.#told.take(told);
    this.#drawScene();
  }

  drop(isDone: boolean): void {
    this.scene.drag = undefined;
    this.#told.drop(isDone);
    this.#drawScene();
  }

  showArea(area: Box | undefined): void {
    this.#picture.area = area;
    this.#drawOverlay();
  }

  choose(tool: ToolName): void {
    if (!this.store.isWritable && tool !== 'select' && tool !== 'hand') return;
    this.#pointers.cancel();
    this.#field.close();
    if (tool !== this.#tool && tool !== 'select') this.selection.set([]);
    this.#tool = tool;
    this.setCursor(this.tool.cursor);
    this.showState();
  }

  edit(shape: Shape): void {
    if (!this.store.isWritable) return;
    this.#edits.endNudge();
    this.#field.open(shape);
    this.#drawScene();
  }

  say(text: string): void {
    this.#places.announcer.textContent = text;
  }

  // What pointers ask for.

  pointAt(screen: Point | undefined): void {
    this.#pointer = screen && this.camera.toBoard(screen);
    this.#told.pointAt(this.#pointer);
  }

  pan(dx: number, dy: number): void {
    this.follow.stop();
    this.camera.pan(dx, dy);
  }

  zoomAt(screen: Point, zoom: number): void {
    this.follow.stop();
    this.camera.zoomAt(screen, zoom);
  }

  setCursor(cursor: string): void {
    this.#places.stage.style.cursor = cursor;
  }

  // What keys and buttons ask for.

  holdSpace(isHeld: boolean): void {
    this.isSpaceHeld = isHeld;
    this.setCursor(isHeld ? 'grab' : this.tool.cursor);
  }

  selectNext(isBackward: boolean): boolean {
    const { shapes } = this.store;
    const selected = this.selection.shapes;
    const last = isBackward ? selected[0] : selected.at(-1);
    const at = last === undefined ? (isBackward ? shapes.length : -1) : shapes.indexOf(last);
    const next = shapes[at + (isBackward ? -1 : 1)];
    this.selection.set(next === undefined ? [] : [next.id]);
    if (next === undefined) return false;
    this.camera.reveal(next.bounds);
    this.say(`${describe(next)}, ${shapes.indexOf(next) + 1} of ${shapes.length}`);
    return true;
  }

  undo(): void {
    if (!this.store.isWritable) return;
    this.#pointers.cancel();
    this.#edits.endNudge();
    if (this.store.undo.undo()) this.say('Undone');
  }

  redo(): void {
    if (this.store.isWritable && this.store.undo.redo()) this.say('Redone');
  }

  selectAll(): void {
    if (this.#tool !== 'select') this.choose('select');
    this.selection.set(this.store.shapes.map(({ id }) => id));
    this.say(`${this.selection.ids.size} selected`);
  }

  copy(): void {
    this.#clipboard.copy();
  }

  cut(): void {
    this.#clipboard.cut();
  }

  paste(): void {
    void this.#clipboard.paste();
  }

  duplicate(): void {
    this.#clipboard.duplicate();
  }

  deleteSelected(): void {
    this.#pointers.cancel();
    const count = this.#edits.delete();
    if (count > 0) this.say(`${count} deleted`);
  }

  arrange(arrangement: Arrangement): void {
    this.#edits.arrange(arrangement);
  }

  editSelected(): void {
    const [only, ...others] = this.selection.shapes;
    if (only !== undefined && others.length === 0 && hasText(only)) this.edit(only);
  }

  escape(): void {
    if (this.#pointers.cancel()) return;
    if (this.#tool !== 'select') this.choose('select');
    else this.selection.set([]);
    this.follow.stop();
  }

  nudge(dx: number, dy: number): void {
    if (this.selection.ids.size > 0) this.#edits.nudge(dx, dy);
    // Without something to move, arrows move the board.
    else this.pan(-dx * 40, -dy * 40);
  }

  zoomBy(factor: number): void {
    this.zoomTo(this.camera.zoom * factor);
  }

  zoomTo(zoom: number): void {
    this.follow.stop();
    this.camera.zoomTo(zoom);
  }

  zoomToFit(): void {
    this.follow.stop();
    const bounds = union(this.store.shapes.map(({ bounds }) => bounds));
    if (bounds !== undefined) this.camera.fit(bounds);
  }

  download(type: PictureType): void {
    const { shapes } = this.selection;
    const some = shapes.length > 0 ? shapes : this.store.shapes;
    downloadPicture(type, this.#name, some, currentPalette()).catch((error: unknown) => {
      console.warn(error);
      this.say('The picture could not be made');
    });
  }

  showHelp(): void {
    this.#places.help.showModal();
  }

  setColor(color: ColorName): void {
    this.style = { ...this.style, color };
    this.#edits.patch(() => ({ color }));
    this.showState();
  }

  setFill(fill: Fill): void {
    this.style = { ...this.style, fill };
    this.#edits.patch(({ kind }) => (kind === 'rectangle' || kind === 'ellipse') && { fill });
    this.showState();
  }

  /** Shows on the buttons how things are. */
  showState(): void {
    const { store, selection, camera } = this;
    const [only] = selection.shapes;
    this.#toolbar.update({
      tool: this.#tool,
      style: only === undefined ? this.style : { color: only.color, fill: only.fill },
      hasSelection: selection.ids.size > 0,
      canUndo: store.undo.canUndo,
      canRedo: store.undo.canRedo,
      isWritable: store.isWritable,
      zoom: camera.zoom,
    });
    this.#places.hint.hidden = store.shapes.length > 0 || this.#field.isOpen;
    this.#places.stage.dataset['shapes'] = String(store.shapes.length);
  }

  #watch(presence: BoardPresence): void {
    const { stage } = this.#places;
    this.store.subscribe(() => {
      this.#drawScene();
      this.showState();
    });
    this.store.undo.subscribe(() => this.showState());
    this.selection.subscribe(() => {
      this.#told.select(this.selection);
      this.#drawOverlay();
      this.showState();
    });
    let hands: readonly unknown[] = [];
    presence.subscribe(() => {
      this.#picture.touchPeople();
      // Pointers move all the time; what people have in hand and selected is drawn anew when it changed.
      const next = presence.others.flatMap(({ state: { drag, selection } }) => [drag, selection]);
      const isSame = next.length === hands.length && next.every((one, at) => one === hands[at]);
      hands = next;
      if (!isSame) this.#picture.touchScene();
      this.#frames.ask();
    });
    this.follow.subscribe(() => this.#frames.ask());
    stage.addEventListener('texted', () => this.#drawOverlay());
    onPaletteChange(() => {
      this.#toolbar.paint(currentPalette());
      this.#drawOverlay();
    });
    new ResizeObserver(([entry]) => {
      if (entry === undefined) return;
      const { width, height } = entry.contentRect;
      this.camera.resize(width, height);
    }).observe(stage);
  }

  #onCamera(): void {
    this.#told.look(this.camera);
    this.#drawOverlay();
    this.showState();
  }

  #onTyped(): void {
    this.#drawScene();
    this.showState();
    this.#places.stage.focus({ preventScroll: true });
  }

  #drawScene(): void {
    this.#picture.touchScene();
    this.#frames.ask();
  }

  #drawOverlay(): void {
    this.#picture.touchOverlay();
    this.#frames.ask();
  }
}
