/** No letters that look like others: names are read out, too. */
const LETTERS = 'abcdefghijkmnpqrstuvwxyz23456789';

/** A name that nobody guesses: 80 bits. */
export function randomName(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => LETTERS[byte % LETTERS.length]).join('');
}
