import '@syncline/app-common/theme.css';
import './home.css';
import { type PageKind, pageOf } from '@syncline/app-common/address';
import { byId } from '@syncline/app-common/element';
import { keepPages } from '@syncline/app-common/keep-pages';
import { recentDocuments } from '@syncline/app-common/recent';
import { randomName } from './random-name.ts';
import { showRecent } from './recent-list.ts';

const form = byId('open') as HTMLFormElement;
const input = byId('name') as HTMLInputElement;
const kinds = form.elements.namedItem('kind') as RadioNodeList;

// Who made a board last may want another one.
const latest = recentDocuments()[0];
if (latest !== undefined) kinds.value = latest.kind;

input.addEventListener('input', () => {
  // The same name as another kind would be another page of the document, and empty.
  const known = recentDocuments().find(({ name }) => name === input.value.trim());
  if (known !== undefined) kinds.value = known.kind;
});

form.addEventListener('submit', (event) => {
  event.preventDefault();
  const name = input.value.trim();
  location.assign(pageOf(kinds.value as PageKind, name === '' ? randomName() : name));
});

showRecent(byId('recent'));
// Somebody may come back by the button, to a page that was kept as it was.
addEventListener('pageshow', ({ persisted }) => {
  if (persisted) showRecent(byId('recent'));
});
keepPages();
