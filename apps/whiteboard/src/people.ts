import type { Follow } from './follow.ts';
import type { BoardPerson, BoardPresence } from './presence.ts';

/** So many are shown one by one; the others are a number. */
const MOST_SHOWN = 6;

/** Shows the others as a row of buttons: a click follows one of them. */
export function showBoardPeople(
  list: HTMLElement,
  following: HTMLElement,
  presence: BoardPresence,
  follow: Follow,
): void {
  const items = new Map<number, HTMLLIElement>();
  const more = document.createElement('li');
  more.className = 'more';
  const update = () => {
    const others = presence.others;
    const shown = others.slice(0, MOST_SHOWN);
    for (const [clientId, item] of items) {
      if (shown.some((person) => person.clientId === clientId)) continue;
      item.remove();
      items.delete(clientId);
    }
    for (const person of shown) {
      let item = items.get(person.clientId);
      if (item === undefined) {
        item = avatar(() => follow.toggle(person.clientId));
        items.set(person.clientId, item);
        list.append(item);
      }
      dress(item, person, follow.person?.clientId === person.clientId);
    }
    const hidden = others.length - shown.length;
    if (hidden > 0) {
      more.textContent = `+${hidden}`;
      more.title = others
        .slice(MOST_SHOWN, MOST_SHOWN + 50)
        .map(nameOf)
        .join(', ');
      list.append(more);
    } else more.remove();
    showFollowing(following, follow.person);
  };
  following.querySelector('button')?.addEventListener('click', () => follow.stop());
  presence.on('join', update);
  presence.on('leave', update);
  let known: readonly unknown[] = [];
  presence.subscribe(() => {
    // Pointers move all the time; names do not.
    const users = presence.others.map(({ state }) => state.user);
    if (users.length === known.length && users.every((user, index) => user === known[index]))
      return;
    known = users;
    update();
  });
  follow.subscribe(update);
  update();
}

function nameOf({ state }: BoardPerson): string {
  return state.user.name;
}

function avatar(onClick: () => void): HTMLLIElement {
  const item = document.createElement('li');
  const button = document.createElement('button');
  button.type = 'button';
  button.addEventListener('click', onClick);
  item.append(button);
  return item;
}

function dress(item: HTMLLIElement, { state: { user } }: BoardPerson, isFollowed: boolean): void {
  const button = item.firstElementChild as HTMLButtonElement;
  item.title = user.name;
  // Letters that are not read out: the name is.
  button.dataset['initials'] = Array.from(user.name.trim()).slice(0, 2).join('').toUpperCase();
  button.title = isFollowed ? `Stop following ${user.name}` : `Follow ${user.name}`;
  button.setAttribute('aria-label', `Follow ${user.name}`);
  button.setAttribute('aria-pressed', String(isFollowed));
  item.style.backgroundColor = user.color;
}

function showFollowing(element: HTMLElement, person: BoardPerson | undefined): void {
  element.hidden = person === undefined;
  if (person === undefined) return;
  element.style.setProperty('--color', person.state.user.color);
  const name = element.querySelector('span');
  if (name !== null) name.textContent = `Following ${person.state.user.name}`;
}
