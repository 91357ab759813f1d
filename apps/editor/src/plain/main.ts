import '@syncline/app-common/theme.css';
import '../page.css';
import './plain.css';
import { showBar } from '@syncline/app-common/bar';
import { keepPages } from '@syncline/app-common/keep-pages';
import { openDocument } from '@syncline/app-common/open-document';
import { Stage } from '../stage.ts';
import { Characters } from './characters.ts';
import { editPlain } from './edit-plain.ts';
import { readPlain } from './read-plain.ts';
import { adoptStyles } from './styles.ts';

keepPages();
adoptStyles();
const document = openDocument('editor');
showBar(document);

/** Stock pages of plain text have it there, too. */
const NAME = 'text';

const characters = new Characters(document.provider.doc.getText(NAME));

const stage = new Stage(document, {
  isKnown: () => characters.areAll,
  isEmpty: (doc) => doc.getText(NAME).length === 0,
  edit: (host, doc) => editPlain(host, doc.getText(NAME), document),
  read: (host, doc) => readPlain(host, doc.getText(NAME), document.provider.documentId),
});
stage.start();
