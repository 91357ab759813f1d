import '@syncline/app-common/theme.css';
import './board.css';
import { showBar } from '@syncline/app-common/bar';
import { watchEditable } from '@syncline/app-common/editable';
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
const document = openDocument('board');
const { provider, guard } = document;
const store = new BoardStore(provider.doc, guard);
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
// People on a board can be followed: they are buttons.
showBar(document, (list) => showBoardPeople(list, byId('following'), presence, board.follow));
stage.setAttribute('aria-label', `Board ${provider.documentId}`);

let isThere = false;
void watchEditable(
  document,
  () => store.shapes.length === 0,
  (isWritable) => {
    store.allow(isWritable);
    if (!isWritable) board.choose('select');
    if (!isThere) showBoard();
    board.showState();
  },
);

/** What was stored, or came from the server, is there. */
function showBoard(): void {
  isThere = true;
  board.zoomToFit();
  store.undo.clear();
  stage.setAttribute('aria-busy', 'false');
  stage.focus({ preventScroll: true });
}
