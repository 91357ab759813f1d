import type { Awareness } from 'y-protocols/awareness';
import { byId } from './element.ts';
import { showNotice } from './notice.ts';
import type { OpenDocument } from './open-document.ts';
import { showPeople } from './people.ts';
import { showStatus } from './status.ts';
import { loadUser, nameOf, saveUser, type User } from './user.ts';

/**
 * Brings the bar on top of a document (bar.html) to life, and says who sits here in the awareness.
 *
 * @param showOthers fills the list of those who are here
 */
export function showBar(
  { provider, guard }: OpenDocument,
  showOthers: (list: HTMLElement, awareness: Awareness) => void = showPeople,
): void {
  const { awareness, documentId } = provider;
  document.title = `${documentId} · Syncline`;
  const title = byId('title');
  title.textContent = documentId;
  title.title = documentId;
  showStatus(byId('state'), provider, guard);
  showNotice(byId('notice'), provider, guard);
  showOthers(byId('people'), awareness);
  const announce = (user: User) => awareness.setLocalStateField('user', { ...user });
  const user = loadUser();
  announce(user);
  askName(byId('me') as HTMLInputElement, user, announce);
  shareAddress(byId('share'));
}

function askName(input: HTMLInputElement, user: User, announce: (user: User) => void): void {
  input.value = user.name;
  input.parentElement?.style.setProperty('--color', user.color);
  input.addEventListener('input', () => {
    user.name = nameOf(input.value) ?? 'Anonymous';
    saveUser(user);
    announce(user);
  });
  input.addEventListener('keydown', ({ key, isComposing }) => {
    if (key === 'Enter' && !isComposing) input.blur();
  });
}

function shareAddress(button: HTMLElement): void {
  const label = button.querySelector('span') ?? button;
  const text = label.textContent;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tell = (answer: string) => {
    label.textContent = answer;
    button.dataset['told'] = '';
    clearTimeout(timer);
    timer = setTimeout(() => {
      label.textContent = text;
      delete button.dataset['told'];
    }, 1500);
  };
  button.addEventListener('click', () => {
    // Browsers allow this over HTTPS and on this machine only.
    const copied = navigator.clipboard?.writeText(location.href) ?? Promise.reject(new Error());
    copied.then(
      () => tell('Copied'),
      () => tell('Copy it from the address bar'),
    );
  });
}
