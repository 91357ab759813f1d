/** Deeper ones are cut: they were made to overflow a stack. */
const MAX_DEPTH = 200;

export type Fields = Record<string, unknown>;

/** An object with fields: one that JSON could have made. */
export function isRecord(value: unknown): value is Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Sets an own field, whatever its name: assigning to `__proto__` would change the prototype. */
export function define(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, {
    value,
    writable: true,
    enumerable: true,
    configurable: true,
  });
}

/**
 * A frozen copy of plain data, in which each branch that is as before is the one from before. What is neither an object
 * of fields nor an array is taken as it is.
 */
export function share(before: unknown, value: unknown, depth = 0): unknown {
  if (Object.is(before, value)) return before;
  if (depth > MAX_DEPTH) return null;
  if (Array.isArray(value)) {
    const old: unknown[] = Array.isArray(before) ? before : [];
    const items = value.map((item, i) => share(old[i], item, depth + 1));
    return Array.isArray(before) && isSameList(old, items) ? before : Object.freeze(items);
  }
  if (value instanceof Uint8Array) return isSameBytes(before, value) ? before : value;
  if (!isRecord(value)) return value;
  const old = isRecord(before) ? before : undefined;
  const fields: Fields = {};
  for (const key of Object.keys(value)) {
    const was = old !== undefined && Object.hasOwn(old, key) ? old[key] : undefined;
    setField(fields, key, share(was, value[key], depth + 1));
  }
  return old !== undefined && isSameRecord(old, fields) ? before : Object.freeze(fields);
}

/** {@link define}, fast for all names but one. */
export function setField(target: Fields, key: string, value: unknown): void {
  if (key === '__proto__') define(target, key, value);
  else target[key] = value;
}

/** The same items. */
export function isSameList(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item, i) => Object.is(item, b[i]));
}

/** The same fields with the same values. */
export function isSameRecord(a: Fields, b: Fields): boolean {
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && Object.is(a[key], b[key]))
  );
}

export function isSameBytes(a: unknown, b: unknown): boolean {
  return (
    a instanceof Uint8Array &&
    b instanceof Uint8Array &&
    a.length === b.length &&
    a.every((byte, i) => byte === b[i])
  );
}

/** Whether two plain values say the same. */
export function isSame(a: unknown, b: unknown): boolean {
  return share(a, b) === a || Object.is(a, b);
}
