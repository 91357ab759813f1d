import { pageOf } from './address.ts';
import { recentDocuments } from './recent.ts';

const form = document.querySelector<HTMLFormElement>('#open');
const input = document.querySelector<HTMLInputElement>('#name');
const recent = document.querySelector<HTMLElement>('#recent');

form?.addEventListener('submit', (event) => {
  event.preventDefault();
  const name = input?.value.trim() ?? '';
  location.href = pageOf(name === '' ? randomName() : name);
});

const names = recentDocuments();
if (recent !== null && names.length > 0) {
  recent.hidden = false;
  recent.querySelector('ul')?.append(
    ...names.map((name) => {
      const item = document.createElement('li');
      const link = document.createElement('a');
      link.href = pageOf(name);
      link.textContent = name;
      item.append(link);
      return item;
    }),
  );
}

/** A name that nobody guesses. */
function randomName(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  return [...bytes].map((byte) => byte.toString(36).padStart(2, '0')).join('');
}
