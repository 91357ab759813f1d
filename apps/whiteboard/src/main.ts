import '@syncline/app-common/theme.css';
import './board.css';
import { showBar } from '@syncline/app-common/bar';
import { byId } from '@syncline/app-common/element';
import { keepPages } from '@syncline/app-common/keep-pages';
import { openDocument } from '@syncline/app-common/open-document';
import { Board } from './board.ts';
import { makeHelp } from './help.ts';
import { showMenu } from './menu.ts';
import { showBoardPeople } from './people.ts';
import { createBoardPresence } from './presence.ts';
import { BoardStore } from './store.ts';

keepPages();
const provider = openDocument('board');
showBar(provider);

// People on a board can be followed: a list of buttons takes the place of the bar's.
const people = document.createElement('ul');
people.setAttribute('aria-label', 'Who else is here');
byId('people').replaceWith(people);
people.id = 'people';

const store = new BoardStore(provider.doc);
const presence = createBoardPresence(provider.awareness);
const stage = byId('stage');
const help = byId('help') as HTMLDialogElement;
const board = new Board(provider.documentId, store, presence, {
  stage,
  controls: byId('controls'),
  cursors: byId('cursors'),
  hint: byId('hint'),
  announcer: byId('announcer'),
  help,
});
makeHelp(help);
showMenu(byId('menu'), board);
showBoardPeople(people, byId('following'), presence, board.follow);
stage.setAttribute('aria-label', `Board ${provider.documentId}`);

const showAccess = () => {
  const isWritable = provider.access.state !== 'read-only' && provider.state.status !== 'refused';
  if (isWritable === store.isWritable) return;
  store.isWritable = isWritable;
  if (!isWritable) board.choose('select');
  board.showState();
};
provider.on('access', showAccess);
provider.on('state', showAccess);
void begin();

/** Shows what there is as soon as it is there. */
async function begin(): Promise<void> {
  await provider.whenLoaded;
  const offline = new Promise<void>((resolve) => {
    provider.on('state', ({ status }) => {
      if (status === 'offline') resolve();
    });
  });
  // Without a copy here, the server's has to be waited for.
  if (store.shapes.length === 0) await Promise.race([provider.whenSynced, offline]).catch(() => {});
  board.zoomToFit();
  store.undo.clear();
  stage.setAttribute('aria-busy', 'false');
  stage.focus({ preventScroll: true });
}
