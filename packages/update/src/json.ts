/** What is to be known of a JSON text before it is parsed. */
export interface JsonSurvey {
  /** How deep arrays and objects nest. */
  readonly depth: number;
  /** Whether all numbers are in the range of a double; JSON.stringify writes others as null. */
  readonly finite: boolean;
}

/** Looks over a text in one pass, without recursion; of what is no JSON it says something meaningless. */
export function surveyJson(text: string): JsonSurvey {
  let depth = 0;
  let deepest = 0;
  let finite = true;
  let at = 0;
  while (at < text.length) {
    const char = text.charCodeAt(at++);
    if (char === QUOTE) at = behindString(text, at);
    else if (char === BRACKET || char === BRACE) deepest = Math.max(deepest, ++depth);
    else if (char === BRACKET_END || char === BRACE_END) depth--;
    else if (isDigit(char)) {
      const from = at - 1;
      at = behindNumber(text, at);
      finite &&= Number(text.slice(from, at)) !== Infinity;
    }
  }
  return { depth: deepest, finite };
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const BRACKET = 0x5b;
const BRACKET_END = 0x5d;
const BRACE = 0x7b;
const BRACE_END = 0x7d;

function behindString(text: string, from: number): number {
  let at = from;
  while (at < text.length) {
    const char = text.charCodeAt(at++);
    if (char === QUOTE) break;
    if (char === BACKSLASH) at++;
  }
  return at;
}

function behindNumber(text: string, from: number): number {
  let at = from;
  while (at < text.length && isNumeric(text.charCodeAt(at))) at++;
  return at;
}

function isDigit(char: number): boolean {
  return char >= 0x30 && char <= 0x39;
}

/** One of the characters of a number behind its first digit: digits, `.`, `e`, `E`, `+`, `-`. */
function isNumeric(char: number): boolean {
  return isDigit(char) || char === 0x2e || (char | 0x20) === 0x65 || char === 0x2b || char === 0x2d;
}
