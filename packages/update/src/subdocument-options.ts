import { Any, ByteReader } from './byte-reader.ts';

/**
 * The types of value that an option of a `Y.Doc` may have (yjs 13.6, Doc.js). Yjs takes what it reads as it is:
 * with a guid that is no text every encoding of the document throws. Yjs writes `gc`, `autoLoad` and `meta`;
 * other options are somebody's own, and nobody reads them.
 */
const ALLOWED: Readonly<Record<string, readonly number[]>> = {
  guid: [Any.string],
  collectionid: [Any.string, Any.null, Any.undefined],
  gc: [Any.true, Any.false, Any.undefined],
  autoLoad: [Any.true, Any.false, Any.undefined],
  shouldLoad: [Any.true, Any.false, Any.undefined],
  gcFilter: [Any.undefined], // a function, which no update can bring
};

/**
 * The first option of a subdocument that Yjs cannot work with; undefined when all are fine.
 * @param contentFrom where the content of a struct of kind `document` begins, which was scanned.
 */
export function findBadOption(bytes: Uint8Array, contentFrom: number): string | undefined {
  const reader = new ByteReader(bytes, contentFrom);
  reader.skipString(); // its guid
  reader.uint8(); // it is an object
  for (let left = reader.varUint(); left > 0; left--) {
    const name = reader.string();
    const tag = bytes[reader.at] as number;
    if (Object.hasOwn(ALLOWED, name) && !ALLOWED[name]?.includes(tag)) return name;
    reader.skipAny();
  }
  return undefined;
}
