import type * as Y from 'yjs';

/** The version of the application's data, as the application at hand knows it. */
export interface Schema {
  /** What it writes: 1, 2, 3 … */
  readonly version: number;
  /**
   * The oldest version whose clients may go on writing beside it. Older ones become read-only as soon as
   * this one has had the document open. Default: `version`.
   */
  readonly min?: number;
}

/** Where a document says what schema it has: beside the content, so that it travels with it. */
const MAP = '@syncline';
const KEY = 'schema';

/** What a document says; anything may stand there. */
function schemaOf(doc: Y.Doc): Required<Schema> | undefined {
  const value: unknown = doc.getMap(MAP).get(KEY);
  if (typeof value !== 'object' || value === null) return undefined;
  const { version, min } = value as { readonly version?: unknown; readonly min?: unknown };
  return typeof version === 'number' && typeof min === 'number' ? { version, min } : undefined;
}

/** The document is of a version beside which this one may not write. */
export function isOutdated(doc: Y.Doc, { version }: Schema): boolean {
  return version < (schemaOf(doc)?.min ?? 0);
}

/** Says in the document that it is of this version, if it is of an older one. */
export function claimSchema(doc: Y.Doc, { version, min = version }: Schema): void {
  const known = schemaOf(doc);
  if (known !== undefined && known.version >= version) return;
  doc.getMap(MAP).set(KEY, { version, min: Math.max(min, known?.min ?? 0) });
}

/** Calls back when somebody may have changed it. Returns how to stop. */
export function watchSchema(doc: Y.Doc, onChange: () => void): () => void {
  const map = doc.getMap(MAP);
  map.observe(onChange);
  return () => map.unobserve(onChange);
}
