import '@syncline/app-common/theme.css';
import './home.css';
import { pageOf } from '@syncline/app-common/address';
import { keepPages } from '@syncline/app-common/keep-pages';
import { recentDocuments } from '@syncline/app-common/recent';

const form = document.querySelector<HTMLFormElement>('#open');
const input = document.querySelector<HTMLInputElement>('#name');
const recent = document.querySelector<HTMLElement>('#recent');

form?.addEventListener('submit', (event) => {
  event.preventDefault();
  const name = input?.value.trim() ?? '';
  location.href = pageOf('editor', name === '' ? randomName() : name);
});

const documents = recentDocuments();
if (recent !== null && documents.length > 0) {
  recent.hidden = false;
  recent.querySelector('ul')?.append(
    ...documents.map(({ kind, name }) => {
      const item = document.createElement('li');
      const link = document.createElement('a');
      link.href = pageOf(kind, name);
      link.textContent = name;
      item.append(link);
      return item;
    }),
  );
}

keepPages();

/** A name that nobody guesses. */
function randomName(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  return [...bytes].map((byte) => byte.toString(36).padStart(2, '0')).join('');
}
