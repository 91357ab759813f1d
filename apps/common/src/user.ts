/** Who sits here, as the others see it (the fields that y-codemirror.next shows). */
export interface User {
  name: string;
  /** Of the caret and the avatar; white text is readable on it. */
  color: string;
  /** Of the selection. */
  colorLight: string;
}

const KEY = 'syncline.user';
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
    const stored = JSON.parse(localStorage.getItem(KEY) ?? 'null') as Partial<User> | null;
    if (typeof stored?.name === 'string' && COLORS.includes(stored.color ?? '')) {
      return makeUser(stored.name, stored.color as string);
    }
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

function makeUser(name: string, color: string): User {
  return { name, color, colorLight: `${color}33` };
}

function pick(list: readonly string[]): string {
  return list[Math.floor(Math.random() * list.length)] as string;
}
