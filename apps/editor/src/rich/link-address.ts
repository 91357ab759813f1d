const ALLOWED = /^(https?|mailto|tel):/i;
/** A scheme; `localhost:80` is none. */
const SCHEME = /^[a-z][a-z0-9+.-]*:(?!\d)/i;

/** The address that somebody means who types this; undefined when it is none, or none to link to. */
export function linkAddress(typed: string): string | undefined {
  const text = typed.trim();
  if (text === '' || /\s/.test(text)) return undefined;
  const address = SCHEME.test(text) ? text : withScheme(text);
  return ALLOWED.test(address) && URL.canParse(address) ? address : undefined;
}

function withScheme(text: string): string {
  if (text.startsWith('//')) return `https:${text}`;
  return /^[^/@]+@[^/@]+$/.test(text) ? `mailto:${text}` : `https://${text}`;
}
