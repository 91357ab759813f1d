/** What is wrong with JSON; the range of a double is that of `JSON.parse`, and `JSON.stringify` never leaves it. */
export type JsonFault =
  | 'is not valid JSON'
  | 'nests too deep'
  | 'has a number beyond the range of a double';

/** In the place of a position: there is no such thing there. */
const NOWHERE = -1;
/** Likewise, for a number that is too large. */
const TOO_LARGE = -2;

/**
 * Checks the JSON text (RFC 8259) that the bytes from `from` to `to` hold, which are valid UTF-8. Takes linear time and
 * makes no values: of 64 MiB of `[[],[],…` JSON.parse makes more than a gigabyte.
 *
 * @param maxDepth how deep arrays and objects may nest
 */
export function findJsonFault(
  bytes: Uint8Array,
  from: number,
  to: number,
  maxDepth: number,
): JsonFault | undefined {
  /** What each container that is open ends with. */
  const ends = new Uint8Array(maxDepth);
  let depth = 0;
  let at = from;
  for (;;) {
    at = behindBlanks(bytes, at, to);
    let char = at < to ? (bytes[at] as number) : END;
    let isEmpty = false;
    if (char === BRACE || char === BRACKET) {
      if (depth === maxDepth) return 'nests too deep';
      const end = char === BRACE ? BRACE_END : BRACKET_END;
      ends[depth++] = end;
      at = behindBlanks(bytes, at + 1, to);
      isEmpty = at < to && bytes[at] === end;
      if (!isEmpty && char === BRACE) at = behindKey(bytes, at, to);
      if (at < 0) return 'is not valid JSON';
      if (!isEmpty) continue;
    } else {
      at = behindScalar(bytes, at, to, char);
      if (at === TOO_LARGE) return 'has a number beyond the range of a double';
      if (at < 0) return 'is not valid JSON';
    }
    // What follows a value: the ends of containers, and the next value.
    for (;;) {
      at = behindBlanks(bytes, at, to);
      char = at < to ? (bytes[at] as number) : END;
      if (depth === 0) return char === END ? undefined : 'is not valid JSON';
      at++;
      if (char !== ends[depth - 1]) break;
      depth--;
    }
    if (char !== COMMA) return 'is not valid JSON';
    if (ends[depth - 1] === BRACE_END) at = behindKey(bytes, at, to);
    if (at < 0) return 'is not valid JSON';
  }
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const BRACKET_END = 0x5d;
const BRACE = 0x7b;
const BRACE_END = 0x7d;
const END = -1;

const WORDS = ['true', 'false', 'null'].map(codesOf);
const ESCAPES = new Set(codesOf('"\\/bfnrt'));
/** A number with fewer digits and no exponent is in the range of a double. */
const SAFE_DIGITS = 300;

function behindBlanks(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to) {
    const char = bytes[at] as number;
    if (char !== 0x20 && char !== 0x0a && char !== 0x0d && char !== 0x09) break;
    at++;
  }
  return at;
}

/** Behind a key of an object and its colon. */
function behindKey(bytes: Uint8Array, from: number, to: number): number {
  let at = behindString(bytes, behindBlanks(bytes, from, to), to);
  if (at < 0) return NOWHERE;
  at = behindBlanks(bytes, at, to);
  return at < to && bytes[at] === COLON ? at + 1 : NOWHERE;
}

function behindScalar(bytes: Uint8Array, from: number, to: number, char: number): number {
  if (char === QUOTE) return behindString(bytes, from, to);
  if (char === MINUS || isDigit(char)) return behindNumber(bytes, from, to);
  const word = WORDS.find(([first]) => first === char);
  if (word === undefined || from + word.length > to) return NOWHERE;
  return word.every((code, i) => bytes[from + i] === code) ? from + word.length : NOWHERE;
}

function behindString(bytes: Uint8Array, from: number, to: number): number {
  if (from >= to || bytes[from] !== QUOTE) return NOWHERE;
  for (let at = from + 1; at < to; at++) {
    const char = bytes[at] as number;
    if (char === QUOTE) return at + 1;
    if (char < 0x20) return NOWHERE;
    if (char !== BACKSLASH) continue;
    const escaped = bytes[++at] as number;
    if (escaped === 0x75) {
      if (!areHexDigits(bytes, at + 1, at + 5, to)) return NOWHERE;
      at += 4;
    } else if (!ESCAPES.has(escaped)) return NOWHERE;
  }
  return NOWHERE;
}

function behindNumber(bytes: Uint8Array, from: number, to: number): number {
  const charAt = (at: number) => (at < to ? (bytes[at] as number) : END);
  let at = charAt(from) === MINUS ? from + 1 : from;
  // No digit follows a leading zero.
  at = charAt(at) === ZERO ? at + 1 : behindDigits(bytes, at, to);
  if (at >= 0 && charAt(at) === DOT) at = behindDigits(bytes, at + 1, to);
  const hasExponent = at >= 0 && (charAt(at) | 0x20) === 0x65;
  if (hasExponent) {
    const isSigned = charAt(at + 1) === 0x2b || charAt(at + 1) === MINUS;
    at = behindDigits(bytes, at + (isSigned ? 2 : 1), to);
  }
  if (at < 0 || (!hasExponent && at - from < SAFE_DIGITS)) return at;
  let text = '';
  for (let i = from; i < at; i++) text += String.fromCharCode(bytes[i] as number);
  return Number.isFinite(Number(text)) ? at : TOO_LARGE;
}

/** At least one. */
function behindDigits(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && isDigit(bytes[at] as number)) at++;
  return at > from ? at : NOWHERE;
}

function areHexDigits(bytes: Uint8Array, from: number, end: number, to: number): boolean {
  if (end > to) return false;
  for (let at = from; at < end; at++) {
    const char = bytes[at] as number;
    const letter = char | 0x20;
    if (!isDigit(char) && (letter < 0x61 || letter > 0x66)) return false;
  }
  return true;
}

function isDigit(char: number): boolean {
  return char >= ZERO && char <= NINE;
}

function codesOf(text: string): number[] {
  return Array.from({ length: text.length }, (_, at) => text.charCodeAt(at));
}
