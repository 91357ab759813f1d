import { parseDocumentId } from '@syncline/protocol';
import { describe, expect, it } from 'vitest';
import { DamagedCopyError } from './damaged-copy.ts';
import { bytesOf, decodeMeta, encodeMeta, newMeta } from './meta.ts';

const ID = parseDocumentId('notes');
const META = {
  ...newMeta(Array.from({ length: 20 }, (_, i) => `copy ${i}`)),
  epoch: 'e',
  cursor: 2 ** 40,
  unsavedBytes: 3,
  savedVector: Uint8Array.of(1, 5, 7),
  head: 9,
  ownHead: 8,
  checkpointHead: 7,
  checkpointBytes: 600,
  tailBytes: 50,
};

describe('the record of a copy', () => {
  it('comes back as it was', () => {
    expect(decodeMeta(ID, encodeMeta(META))).toEqual(META);
    expect(META.putAway).toHaveLength(8);
  });

  it('does not grow by being used', () => {
    const later = { ...META, usedAt: META.usedAt * 2 + 0.5 };
    expect(encodeMeta(later)).toHaveLength(encodeMeta(META).length);
    expect(bytesOf(ID, META)).toBe(650 + 'meta\0notes'.length + encodeMeta(META).length);
  });

  it('is refused when it is cut off, too long, or newer', () => {
    const bytes = encodeMeta(META);
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeMeta(ID, bytes.subarray(0, length))).toThrow(DamagedCopyError);
    }
    expect(() => decodeMeta(ID, Uint8Array.of(...bytes, 0))).toThrow(DamagedCopyError);
    expect(() => decodeMeta(ID, Uint8Array.of(2, ...bytes.subarray(1)))).toThrow(DamagedCopyError);
  });
});
