import { createPresence } from '@syncline/bindings';
import type { Awareness } from 'y-protocols/awareness';
import { fieldsOf, stringOf } from './parse.ts';
import { makeUser, nameOf, type User } from './user.ts';

/** As many as fit; the others are counted. */
const MOST = 5;
const UNKNOWN_COLOR = '#64748b';

/** Shows the others in the document as a row of avatars; the same person in two windows is two. */
export function showPeople(list: HTMLElement, awareness: Awareness): void {
  const presence = createPresence<{ readonly user: User }>(awareness, {
    parse: (state) => {
      const user = userOf(state);
      return user && { user };
    },
  });
  let shown = '';
  const update = () => {
    const users = presence.others.map(({ state }) => state.user);
    // Carets and pointers move all the time; names do not.
    const next = JSON.stringify(users);
    if (next === shown) return;
    shown = next;
    const rest = users.slice(MOST);
    list.replaceChildren(
      ...users.slice(0, MOST).map(avatar),
      ...(rest.length === 0 ? [] : [counted(rest)]),
    );
  };
  presence.subscribe(update);
  update();
}

/** Who sends a state, as far as that can be shown. Whoever has no name is nobody. */
export function userOf(state: unknown): User | undefined {
  const user = fieldsOf(fieldsOf(state)?.['user']);
  const name = nameOf(user?.['name']);
  if (name === undefined) return undefined;
  const color = stringOf(user?.['color'], 7) ?? '';
  return makeUser(name, /^#[0-9a-f]{6}$/i.test(color) ? color : UNKNOWN_COLOR);
}

function avatar({ name, color }: User): HTMLElement {
  const item = document.createElement('li');
  item.textContent = Array.from(name).slice(0, 2).join('').toUpperCase();
  item.title = name;
  item.style.backgroundColor = color;
  return item;
}

function counted(users: readonly User[]): HTMLElement {
  const item = document.createElement('li');
  item.textContent = `+${users.length}`;
  item.title = users.map(({ name }) => name).join(', ');
  item.style.backgroundColor = UNKNOWN_COLOR;
  return item;
}
