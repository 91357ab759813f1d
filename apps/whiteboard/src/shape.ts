import { type Box, clamp, normalized, type Point } from './geometry.ts';
import { COLORS, type ColorName } from './palette.ts';
import { decodeStroke, type Stroke } from './stroke.ts';
import { isKey } from './z-order.ts';

const KINDS = ['rectangle', 'ellipse', 'arrow', 'pen', 'text', 'sticky'] as const;
export type Kind = (typeof KINDS)[number];
const FILLS = ['none', 'soft'] as const;
export type Fill = (typeof FILLS)[number];

/** What the document holds of a shape: a map, so that two people can change two of its fields. */
export interface ShapeFields {
  kind: Kind;
  x: number;
  y: number;
  /** Of an arrow, the way from its tail to its tip, which can be negative. */
  w: number;
  h: number;
  z: string;
  color: ColorName;
  fill?: Fill;
  text?: string;
  /** Of the letters of a text, in units of the board. */
  size?: number;
  /** The line of a pen: see stroke.ts. */
  points?: string;
}

/** The document's map. Others write it too: see `shapeOf`. */
export type ShapeRecords = Record<string, ShapeFields>;

/** A shape that can be drawn without further questions. Never changed: another one takes its place. */
export interface Shape extends Required<Omit<ShapeFields, 'points'>> {
  readonly id: string;
  readonly bounds: Box;
  /** A pen has one. */
  readonly stroke: Stroke | undefined;
  readonly points: string;
  /** There is more text than is shown: who edits what is shown would lose the rest. */
  readonly isCut: boolean;
}

export type Geometry = Pick<Shape, 'x' | 'y' | 'w' | 'h' | 'size'>;

const FARTHEST = 1e6;
const LARGEST = 1e5;
export const MAX_TEXT = 5_000;
export const MAX_ID = 64;
const TEXT_SIZE = 24;

const known = new WeakMap<object, Shape | null>();

/**
 * The shape that a record is of, or undefined when it is of none. Records come from everybody with the right
 * to write, whatever page they use, so each field is looked at, once for each record: a changed one is another
 * object.
 */
export function shapeOf(id: string, record: unknown): Shape | undefined {
  if (typeof record !== 'object' || record === null) return undefined;
  let shape = known.get(record);
  if (shape === undefined || (shape !== null && shape.id !== id)) {
    shape = parse(id, record as Record<string, unknown>) ?? null;
    known.set(record, shape);
  }
  return shape ?? undefined;
}

function parse(id: string, record: Record<string, unknown>): Shape | undefined {
  const kind = oneOf(KINDS, record['kind']);
  if (kind === undefined || id.length === 0 || id.length > MAX_ID) return undefined;
  const x = number(record['x'], FARTHEST);
  const y = number(record['y'], FARTHEST);
  const w = number(record['w'], LARGEST);
  const h = number(record['h'], LARGEST);
  if (x === undefined || y === undefined || w === undefined || h === undefined) return undefined;
  const points = kind === 'pen' && typeof record['points'] === 'string' ? record['points'] : '';
  const stroke = decodeStroke(points);
  if (kind === 'pen' && stroke === undefined) return undefined;
  const text = record['text'] ?? undefined;
  return complete({
    id,
    kind,
    ...(kind === 'arrow' ? { x, y, w, h } : normalized({ x, y, w, h })),
    z: isKey(record['z']) ? record['z'] : 'V',
    color: oneOf(COLORS, record['color']) ?? 'ink',
    fill: oneOf(FILLS, record['fill']) ?? 'none',
    text: typeof text === 'string' ? text.slice(0, MAX_TEXT) : '',
    isCut: text !== undefined && (typeof text !== 'string' || text.length > MAX_TEXT),
    size: clamp(number(record['size'], 1000) ?? TEXT_SIZE, 4, 1000),
    points,
    stroke,
  });
}

function complete(shape: Omit<Shape, 'bounds'>): Shape {
  return { ...shape, bounds: normalized(shape) };
}

/** A shape of the usual looks; what is not given is empty. */
export function newShape(
  given: Pick<Shape, 'kind' | 'x' | 'y' | 'w' | 'h' | 'z' | 'color'> & Partial<Shape>,
): Shape {
  const points = given.points ?? '';
  return complete({
    id: newId(),
    fill: 'none',
    text: '',
    isCut: false,
    size: TEXT_SIZE,
    ...given,
    points,
    stroke: decodeStroke(points),
  });
}

/** A text without letters, at whose middle line a point is. */
export function newText({ x, y }: Point, z: string, color: ColorName): Shape {
  const h = TEXT_SIZE * 1.3;
  return newShape({ kind: 'text', x, y: y - h / 2, w: TEXT_SIZE / 2, h, z, color });
}

/** The shape in another place or size; where that is none, as what others have in hand may be, it stays as it is. */
export function moved(shape: Shape, geometry: Partial<Geometry>): Shape {
  const { x, y, w, h, size } = geometry;
  return complete({
    ...shape,
    x: number(x, FARTHEST) ?? shape.x,
    y: number(y, FARTHEST) ?? shape.y,
    w: number(w, LARGEST) ?? shape.w,
    h: number(h, LARGEST) ?? shape.h,
    size: number(size, 1000) ?? shape.size,
  });
}

export function withText(shape: Shape, text: string): Shape {
  return complete({ ...shape, text });
}

/** What is written for a shape: only the fields that its kind has. */
export function fieldsOf(shape: Shape): ShapeFields {
  const { kind, x, y, w, h, z, color, fill, text, size, points } = shape;
  return {
    kind,
    x,
    y,
    w,
    h,
    z,
    color,
    ...((kind === 'rectangle' || kind === 'ellipse') && { fill }),
    ...((text !== '' || kind === 'text') && { text }),
    ...(kind === 'text' && { size }),
    ...(kind === 'pen' && { points }),
  };
}

/** Its letters are edited by Enter and a double click. */
export function hasText({ kind, isCut }: Pick<Shape, 'kind' | 'isCut'>): boolean {
  return kind !== 'pen' && kind !== 'arrow' && !isCut;
}

/** Unguessable is not the point: two people must not make the same. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(9));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_');
}

function number(value: unknown, limit: number): number | undefined {
  if (typeof value !== 'number' || !Number.isFinite(value)) return undefined;
  return clamp(value, -limit, limit);
}

function oneOf<T extends string>(list: readonly T[], value: unknown): T | undefined {
  return list.find((item) => item === value);
}
