import { type Drag, shapeInDrag } from './drag.ts';
import type { Box } from './geometry.ts';
import type { BoardPresence } from './presence.ts';
import { moved, type Shape, shapeOf } from './shape.ts';
import type { BoardStore } from './store.ts';

/** A shape that is not where the document has it, or not drawn whole. */
export interface Lifted {
  readonly shape: Shape;
  /** How far it is drawn from its place; moving needs no other outline. */
  readonly dx: number;
  readonly dy: number;
}

/** What is to be drawn: the document, and what is in somebody's hands. */
export class Scene {
  /** What this user has in hand. */
  drag: Drag | undefined;
  /** The shape whose letters are in the text field. */
  editing: string | undefined;
  readonly #store: BoardStore;
  readonly #presence: BoardPresence;
  /** For each drag of another person, its shapes as they were in the document when it was first seen. */
  readonly #began = new Map<string, ReadonlyMap<string, Shape>>();
  #lifted: ReadonlyMap<string, Lifted> = new Map();
  #drawing: readonly Shape[] = [];
  #still: readonly Shape[] = [];
  #isMovedAsOne = false;
  #stillKey = '';
  #stillOf: readonly Shape[] | undefined;

  constructor(store: BoardStore, presence: BoardPresence) {
    this.#store = store;
    this.#presence = presence;
  }

  /** What is in hand, by id. */
  get lifted(): ReadonlyMap<string, Lifted> {
    return this.#lifted;
  }

  /** What is being drawn, and not yet in the document. */
  get drawing(): readonly Shape[] {
    return this.#drawing;
  }

  /** The others: they lie still. The same array as long as they do. */
  get still(): readonly Shape[] {
    return this.#still;
  }

  /** A shape as it is shown. */
  shown(shape: Shape): Shape {
    const lifted = this.#lifted.get(shape.id);
    if (lifted === undefined) return shape;
    const { shape: drawn, dx, dy } = lifted;
    return dx === 0 && dy === 0 ? drawn : moved(drawn, { x: drawn.x + dx, y: drawn.y + dy });
  }

  /** Around a shape as it is shown. */
  shownBounds(shape: Shape): Box {
    const lifted = this.#lifted.get(shape.id);
    if (lifted === undefined) return shape.bounds;
    const { bounds } = lifted.shape;
    return { ...bounds, x: bounds.x + lifted.dx, y: bounds.y + lifted.dy };
  }

  /** All that is in hand is moved by as much, in its own shape. */
  get isMovedAsOne(): boolean {
    return this.#isMovedAsOne;
  }

  /** To be called when the document, presence or the own drag changed. */
  update(): void {
    const lifted = new Map<string, Lifted>();
    const drawing: Shape[] = [];
    const seen = new Set<string>();
    for (const { clientId, state } of this.#presence.others) {
      if (state.drag === undefined) continue;
      const key = `${clientId} ${state.drag.id}`;
      seen.add(key);
      this.#apply(state.drag, this.#beganWith(key, state.drag), lifted, drawing);
    }
    for (const key of this.#began.keys()) if (!seen.has(key)) this.#began.delete(key);
    // The own one comes last: who has a shape in hand sees it there.
    if (this.drag !== undefined) this.#apply(this.drag, undefined, lifted, drawing);
    if (this.editing !== undefined && !lifted.has(this.editing)) {
      const shape = this.#store.get(this.editing);
      if (shape !== undefined) lifted.set(shape.id, { shape, dx: 0, dy: 0 });
    }
    this.#lifted = lifted;
    const [first] = lifted.values();
    this.#isMovedAsOne = this.editing === undefined;
    for (const [id, { shape, dx, dy }] of lifted) {
      if (dx === first?.dx && dy === first.dy && shape === this.#store.get(id)) continue;
      this.#isMovedAsOne = false;
      break;
    }
    this.#drawing = drawing;
    this.#updateStill();
  }

  #apply(
    drag: Drag,
    began: ReadonlyMap<string, Shape> | undefined,
    lifted: Map<string, Lifted>,
    drawing: Shape[],
  ): void {
    if (drag.type === 'draw') {
      const shape = shapeOf(drag.id, drag.shape);
      if (shape !== undefined && this.#store.get(drag.id) === undefined) drawing.push(shape);
      return;
    }
    const { from, to } = drag;
    const isMove = from.w === to.w && from.h === to.h;
    for (const id of drag.ids) {
      const shape = this.#store.get(id);
      if (shape === undefined) continue;
      // It has been dropped, or somebody else has moved it: the document knows better.
      if (began !== undefined && !isSamePlace(shape, began.get(id))) continue;
      const place = isMove
        ? { shape, dx: to.x - from.x, dy: to.y - from.y }
        : { shape: shapeInDrag(shape, drag), dx: 0, dy: 0 };
      lifted.set(id, place);
    }
  }

  #beganWith(key: string, drag: Drag): ReadonlyMap<string, Shape> {
    let began = this.#began.get(key);
    if (began === undefined) {
      const ids = drag.type === 'move' ? drag.ids : [];
      const shapes = ids.flatMap((id) => this.#store.get(id) ?? []);
      began = new Map(shapes.map((shape) => [shape.id, shape]));
      this.#began.set(key, began);
    }
    return began;
  }

  #updateStill(): void {
    const { shapes } = this.#store;
    const key = [...this.#lifted.keys()].join(' ');
    if (shapes === this.#stillOf && key === this.#stillKey) return;
    this.#stillOf = shapes;
    this.#stillKey = key;
    this.#still = key === '' ? shapes : shapes.filter(({ id }) => !this.#lifted.has(id));
  }
}

function isSamePlace(a: Shape, b: Shape | undefined): boolean {
  return a === b || (a.x === b?.x && a.y === b.y && a.w === b.w && a.h === b.h);
}
