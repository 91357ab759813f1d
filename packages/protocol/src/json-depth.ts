const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const BRACKET = 0x5b;
const BRACKET_END = 0x5d;
const BRACE = 0x7b;
const BRACE_END = 0x7d;

/**
 * How deep arrays and objects nest in a text that is JSON, found in one pass and without recursion. Of a text that is
 * no JSON it says something meaningless.
 */
export function jsonDepth(json: string): number {
  let depth = 0;
  let deepest = 0;
  let isText = false;
  for (let at = 0; at < json.length; at++) {
    const char = json.charCodeAt(at);
    if (isText) {
      if (char === BACKSLASH) at++;
      else if (char === QUOTE) isText = false;
    } else if (char === QUOTE) {
      isText = true;
    } else if (char === BRACKET || char === BRACE) {
      deepest = Math.max(deepest, ++depth);
    } else if (char === BRACKET_END || char === BRACE_END) {
      depth--;
    }
  }
  return deepest;
}
