/**
 * How many UTF-16 code units (the unit of Yjs clocks in text) the bytes from `from` to `to` encode,
 * or -1 when they are not well-formed UTF-8 (Unicode 15, table 3-7).
 */
export function utf16Length(bytes: Uint8Array, from: number, to: number): number {
  let units = 0;
  for (let at = from; at < to; units++) {
    const size = sequenceSize(bytes, at, to);
    if (size === 0) return -1;
    if (size === 4) units++; // outside the basic plane: a surrogate pair
    at += size;
  }
  return units;
}

/**
 * The byte position that lies `units` UTF-16 code units after `from`, in valid UTF-8.
 * `inPair` tells that this falls between the two halves of a surrogate pair; the position is then
 * that behind the pair.
 */
export function seekUtf16(
  bytes: Uint8Array,
  from: number,
  units: number,
): { at: number; inPair: boolean } {
  let at = from;
  let left = units;
  while (left > 0) {
    const lead = bytes[at] as number;
    const size = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    at += size;
    left -= size === 4 ? 2 : 1;
  }
  return { at, inPair: left < 0 };
}

/** The size in bytes of the well-formed sequence at `at`, or 0 when there is none. */
function sequenceSize(bytes: Uint8Array, at: number, to: number): 0 | 1 | 2 | 3 | 4 {
  const lead = bytes[at] as number;
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  const size = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (at + size > to) return 0;
  const second = bytes[at + 1] as number;
  const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  if (second < low || second > high) return 0;
  for (let rest = 2; rest < size; rest++) {
    if (((bytes[at + rest] as number) & 0xc0) !== 0x80) return 0;
  }
  return size;
}
