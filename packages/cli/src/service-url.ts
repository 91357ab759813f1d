const HIDDEN = '…';

export const STORE_EXAMPLE = 'postgres://user@host/database';
export const BUS_EXAMPLE = 'redis://host:6379';

/** Whether a text is the address of a PostgreSQL database. */
export function isStoreUrl(text: string): boolean {
  return /^postgres(ql)?:\/\//.test(text) && URL.canParse(text);
}

/** Whether a text is the address of a Redis. */
export function isBusUrl(text: string): boolean {
  return /^rediss?:\/\//.test(text) && URL.canParse(text);
}

/** A text without the passwords of the URLs in it, also where such a URL is none. */
export function maskPasswords(text: string): string {
  return text
    .replace(/(:\/\/[^\s:@/]*):\S*@/g, `$1:${HIDDEN}@`)
    .replace(/([?&]\w*password=)[^&\s"']*/gi, `$1${HIDDEN}`);
}
