import { fieldsOf, stringOf } from './parse.ts';

/** Who sits here, as the others see it (the fields that y-codemirror.next shows). */
export interface User {
  name: string;
  /** Of the caret and the avatar; white text is readable on it. */
  color: string;
  /** Of the selection. */
  colorLight: string;
}

const KEY = 'syncline.user';
const MOST_LETTERS = 40;
/** Of the characters of a name that is looked at: a letter can have several. */
const MOST_CHARACTERS = 400;
/** What is no letter, and turns the direction of those around it or breaks the line. */
// oxlint-disable-next-line no-control-regex
const INVISIBLE = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069\ufeff]/g;
const COLORS = [
  '#c2410c',
  '#b45309',
  '#4d7c0f',
  '#047857',
  '#0e7490',
  '#1d4ed8',
  '#6d28d9',
  '#a21caf',
  '#be185d',
  '#b91c1c',
];
const ANIMALS = [
  'Otter',
  'Heron',
  'Badger',
  'Lynx',
  'Wren',
  'Marten',
  'Ibex',
  'Finch',
  'Seal',
  'Hare',
];

/** The user of this browser; a new one gets a name and a colour. */
export function loadUser(): User {
  try {
    const stored = fieldsOf(JSON.parse(localStorage.getItem(KEY) ?? 'null'));
    const name = nameOf(stored?.['name']);
    const color = stringOf(stored?.['color'], 7) ?? '';
    if (name !== undefined && COLORS.includes(color)) return makeUser(name, color);
  } catch {
    // Storage is off, or somebody else wrote there: a new user then.
  }
  const user = makeUser(pick(ANIMALS), pick(COLORS));
  saveUser(user);
  return user;
}

export function saveUser(user: User): void {
  try {
    localStorage.setItem(KEY, JSON.stringify({ name: user.name, color: user.color }));
  } catch {
    // Storage is off: the name lasts as long as the page.
  }
}

/** A name that can be shown, of what somebody calls themselves; undefined when nothing is left of it. */
export function nameOf(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const text = value.slice(0, MOST_CHARACTERS).replaceAll(INVISIBLE, '').trim();
  return Array.from(text).slice(0, MOST_LETTERS).join('') || undefined;
}

export function makeUser(name: string, color: string): User {
  return { name, color, colorLight: `${color}33` };
}

function pick(list: readonly string[]): string {
  return list[Math.floor(Math.random() * list.length)] as string;
}
