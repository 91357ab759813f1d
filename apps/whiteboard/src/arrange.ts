import { intersects } from './geometry.ts';
import type { Shape, ShapeFields } from './shape.ts';
import { keysBetween } from './z-order.ts';

export type Arrangement = 'front' | 'forward' | 'backward' | 'back';

/**
 * The new keys of shapes that are brought forward or back, in their order among each other. Forward means above the
 * next shape that covers some of them, if there is one.
 * @param shapes all, from the lowest to the topmost
 */
export function arranged(
  shapes: readonly Shape[],
  ids: ReadonlySet<string>,
  arrangement: Arrangement,
): Map<string, Partial<ShapeFields>> {
  const selected = shapes.filter(({ id }) => ids.has(id));
  const others = shapes.filter(({ id }) => !ids.has(id));
  const at = placeOf(shapes, selected, others, arrangement);
  if (at === undefined) return new Map();
  const keys = keysBetween(others[at - 1]?.z, others[at]?.z, selected.length);
  return new Map(selected.map(({ id }, index) => [id, { z: keys[index] as string }]));
}

/** How many of the others are below afterwards; undefined when nothing changes. */
function placeOf(
  shapes: readonly Shape[],
  selected: readonly Shape[],
  others: readonly Shape[],
  arrangement: Arrangement,
): number | undefined {
  const [lowest, topmost] = [selected[0], selected.at(-1)];
  if (lowest === undefined || topmost === undefined || others.length === 0) return undefined;
  const touches = (other: Shape) => selected.some(({ bounds }) => intersects(bounds, other.bounds));
  const isWhole = (part: readonly Shape[]) =>
    part.every((shape, index) => shape === selected[index]);
  switch (arrangement) {
    case 'front':
      return isWhole(shapes.slice(-selected.length)) ? undefined : others.length;
    case 'back':
      return isWhole(shapes.slice(0, selected.length)) ? undefined : 0;
    case 'backward': {
      const below = others.slice(0, countBefore(shapes, others, lowest));
      const under = below.findLast(touches) ?? below.at(-1);
      return under && others.indexOf(under);
    }
    case 'forward':
      break;
  }
  const above = others.slice(countBefore(shapes, others, topmost));
  const over = above.find(touches) ?? above[0];
  return over && others.indexOf(over) + 1;
}

function countBefore(shapes: readonly Shape[], others: readonly Shape[], shape: Shape): number {
  const left = new Set(shapes.slice(0, shapes.indexOf(shape)));
  return others.filter((other) => left.has(other)).length;
}
