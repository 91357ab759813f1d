/** What is wrong with JSON; the range of a double is that of `JSON.parse`, and `JSON.stringify` never leaves it. */
export type JsonFault =
  | 'is not valid JSON'
  | 'nests too deep'
  | 'has a number beyond the range of a double';

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
  return new JsonCheck(bytes, from, to, maxDepth).run();
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

class JsonCheck {
  readonly #bytes: Uint8Array;
  #at: number;
  readonly #to: number;
  readonly #maxDepth: number;
  /** What each container that is open ends with. */
  readonly #ends: number[] = [];
  #fault: JsonFault | undefined;

  constructor(bytes: Uint8Array, from: number, to: number, maxDepth: number) {
    this.#bytes = bytes;
    this.#at = from;
    this.#to = to;
    this.#maxDepth = maxDepth;
  }

  run(): JsonFault | undefined {
    let isFine = this.#value();
    while (isFine && this.#ends.length > 0) isFine = this.#afterValue();
    this.#skipBlanks();
    if (isFine && this.#at === this.#to) return undefined;
    return this.#fault ?? 'is not valid JSON';
  }

  /** A value, or the beginning of a container as far as its first value. */
  #value(): boolean {
    for (;;) {
      this.#skipBlanks();
      const char = this.#next();
      if (char !== BRACE && char !== BRACKET) return this.#scalar(char);
      this.#at++;
      if (this.#ends.push(char === BRACE ? BRACE_END : BRACKET_END) > this.#maxDepth) {
        this.#fault = 'nests too deep';
        return false;
      }
      this.#skipBlanks();
      if (this.#next() === this.#ends.at(-1)) return true; // it is empty
      if (char === BRACE && !this.#key()) return false;
    }
  }

  /** What follows a value in a container: its end, or the next value. */
  #afterValue(): boolean {
    this.#skipBlanks();
    const char = this.#next();
    this.#at++;
    if (char === this.#ends.at(-1)) {
      this.#ends.pop();
      return true;
    }
    if (char !== COMMA) return false;
    if (this.#ends.at(-1) === BRACE_END && !this.#key()) return false;
    return this.#value();
  }

  #key(): boolean {
    this.#skipBlanks();
    if (!this.#string()) return false;
    this.#skipBlanks();
    return this.#skip(COLON);
  }

  #scalar(char: number): boolean {
    if (char === QUOTE) return this.#string();
    if (char === MINUS || isDigit(char)) return this.#number();
    const word = WORDS.find(([first]) => first === char);
    return word?.every((letter) => this.#skip(letter)) ?? false;
  }

  #string(): boolean {
    if (!this.#skip(QUOTE)) return false;
    for (;;) {
      const char = this.#next();
      if (char < 0x20) return false; // a control character, or the end
      this.#at++;
      if (char === QUOTE) return true;
      if (char !== BACKSLASH) continue;
      const escaped = this.#next();
      this.#at++;
      if (escaped === 0x75 ? !this.#hexDigits(4) : !ESCAPES.has(escaped)) return false;
    }
  }

  #hexDigits(count: number): boolean {
    for (let left = count; left > 0; left--) {
      const char = this.#next() | 0x20;
      if (!isDigit(this.#next()) && (char < 0x61 || char > 0x66)) return false;
      this.#at++;
    }
    return true;
  }

  #number(): boolean {
    const from = this.#at;
    let isSafe = true;
    this.#skip(MINUS);
    // No digit follows a leading zero.
    if (!this.#skip(ZERO) && !this.#digits()) return false;
    if (this.#skip(DOT) && !this.#digits()) return false;
    if ((this.#next() | 0x20) === 0x65) {
      isSafe = false;
      this.#at++;
      if (this.#next() === 0x2b || this.#next() === MINUS) this.#at++;
      if (!this.#digits()) return false;
    }
    if (isSafe && this.#at - from < SAFE_DIGITS) return true;
    let text = '';
    for (let at = from; at < this.#at; at++) text += String.fromCharCode(this.#bytes[at] as number);
    if (Number.isFinite(Number(text))) return true;
    this.#fault = 'has a number beyond the range of a double';
    return false;
  }

  #digits(): boolean {
    const from = this.#at;
    while (isDigit(this.#next())) this.#at++;
    return this.#at > from;
  }

  #skipBlanks(): void {
    for (;;) {
      const char = this.#next();
      if (char !== 0x20 && char !== 0x0a && char !== 0x0d && char !== 0x09) return;
      this.#at++;
    }
  }

  #skip(char: number): boolean {
    if (this.#next() !== char) return false;
    this.#at++;
    return true;
  }

  #next(): number {
    return this.#at < this.#to ? (this.#bytes[this.#at] as number) : END;
  }
}

function codesOf(text: string): number[] {
  return Array.from({ length: text.length }, (_, at) => text.charCodeAt(at));
}

function isDigit(char: number): boolean {
  return char >= ZERO && char <= NINE;
}
