import type { Guard } from '@syncline/app-common/guard';
import {
  bindMap,
  createUndo,
  type Draft,
  Listeners,
  type MapView,
  opaque,
  type Undo,
} from '@syncline/bindings';
import type * as Y from 'yjs';
import { fieldsOf, type Shape, type ShapeFields, type ShapeRecords, shapeOf } from './shape.ts';
import { compareOrder, keyBetween } from './z-order.ts';

/** As many shapes are shown, whatever is in the document. */
const MOST_SHAPES = 20_000;

/** The shapes of the document, and changing them. */
export class BoardStore {
  readonly undo: Undo;
  readonly #view: MapView<ShapeRecords>;
  readonly #listeners = new Listeners();
  readonly #guard: Guard;
  #isAllowed = true;
  #shapes: readonly Shape[] = [];
  #byId: ReadonlyMap<string, Shape> = new Map();
  #isTyping = false;

  constructor(doc: Y.Doc, guard: Guard) {
    this.#guard = guard;
    const map = doc.getMap('shapes');
    this.#view = bindMap<ShapeRecords>(map);
    // What belongs together is one transaction; letters that are typed are joined until the field is left.
    this.undo = createUndo(map, { joinMs: 3_600_000 });
    this.#view.subscribe(() => this.#read());
    // What is thrown while a change is merged is only logged.
    doc.on('afterTransaction', () => guard.run(() => this.#view.get()));
    guard.run(() => this.#read());
  }

  /** Whether the user may change anything. */
  get isWritable(): boolean {
    return this.#isAllowed && this.#guard.halt === undefined;
  }

  allow(isAllowed: boolean): void {
    this.#isAllowed = isAllowed;
  }

  /** From the lowest to the topmost. The same array until something changes; a shape is the same until it does. */
  get shapes(): readonly Shape[] {
    return this.#shapes;
  }

  get(id: string): Shape | undefined {
    return this.#byId.get(id);
  }

  /** Whether there is something of that id, be it a shape that this page does not know. */
  has(id: string): boolean {
    return Object.hasOwn(this.#view.get(), id);
  }

  /** The key of what is drawn next, above everything. */
  get topKey(): string {
    return keyBetween(this.#shapes.at(-1)?.z, undefined);
  }

  subscribe(listener: () => void): () => void {
    return this.#listeners.add(listener);
  }

  /** Adds shapes whose ids are new: one transaction, and one step of undo. */
  add(shapes: readonly Shape[]): void {
    this.#change((draft) => {
      for (const shape of shapes) {
        if (!this.has(shape.id)) draft[shape.id] = storedFields(shape);
      }
    });
  }

  /** Changes some fields of some shapes: one transaction, and one step of undo. */
  patch(patches: ReadonlyMap<string, Partial<ShapeFields>>): void {
    this.#change((draft) => {
      for (const [id, fields] of patches) {
        // Somebody may have deleted it in the meantime, or made something else of it.
        const record = this.#byId.has(id) ? draft[id] : undefined;
        if (record !== undefined) Object.assign(record, fields);
      }
    });
  }

  delete(ids: Iterable<string>): void {
    this.#change((draft) => {
      for (const id of ids) if (this.#byId.has(id)) delete draft[id];
    });
  }

  /** Until it is called with false, changes are one step of undo together. */
  setTyping(isTyping: boolean): void {
    this.undo.stop();
    this.#isTyping = isTyping;
  }

  #change(change: (draft: Draft<ShapeRecords>) => void): void {
    if (!this.isWritable) return;
    if (!this.#isTyping) this.undo.stop();
    this.#view.update(change);
  }

  #read(): void {
    const shapes: Shape[] = [];
    for (const [id, record] of Object.entries(this.#view.get())) {
      const shape = shapeOf(id, record);
      if (shape !== undefined) shapes.push(shape);
      if (shapes.length === MOST_SHAPES) break;
    }
    shapes.sort(compareOrder);
    this.#shapes = shapes;
    this.#byId = new Map(shapes.map((shape) => [shape.id, shape]));
    this.#listeners.call();
  }
}

function storedFields(shape: Shape): ShapeFields {
  const fields = fieldsOf(shape);
  return fields.points === undefined ? fields : { ...fields, points: opaque(fields.points) };
}
