import type { Awareness } from 'y-protocols/awareness';
import type { User } from './user.ts';

/** Shows the others in the document as a row of avatars; the same person in two windows is two. */
export function showPeople(list: HTMLElement, awareness: Awareness): void {
  const update = () => {
    const others = [...awareness.getStates()]
      .filter(([client]) => client !== awareness.clientID)
      .flatMap(([, state]) => userOf(state) ?? []);
    list.replaceChildren(...others.map(avatar));
  };
  awareness.on('change', update);
  update();
}

/** What another client says of itself is not to be trusted: only strings of the right form are shown. */
function userOf(state: Record<string, unknown>): User | undefined {
  const user = state['user'] as Partial<User> | undefined;
  if (typeof user?.name !== 'string' || user.name === '') return undefined;
  const color = /^#[0-9a-f]{6}$/i.test(user.color ?? '') ? (user.color as string) : '#64748b';
  return { name: user.name.slice(0, 40), color, colorLight: `${color}33` };
}

function avatar({ name, color }: User): HTMLElement {
  const item = document.createElement('li');
  item.textContent = Array.from(name.trim()).slice(0, 2).join('').toUpperCase();
  item.title = name;
  item.style.backgroundColor = color;
  return item;
}
