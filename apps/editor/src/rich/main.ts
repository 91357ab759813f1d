import '@syncline/app-common/theme.css';
import '../page.css';
import './rich.css';
import { showBar } from '@syncline/app-common/bar';
import { keepPages } from '@syncline/app-common/keep-pages';
import { openDocument } from '@syncline/app-common/open-document';
import { getSchema } from '@tiptap/core';
import { Stage } from '../stage.ts';
import { CONTENT, editRich } from './edit-rich.ts';
import { mend } from './mend.ts';
import { readRich } from './read-rich.ts';
import { Vocabulary } from './vocabulary.ts';

keepPages();
const document = openDocument('text');
const { doc, documentId } = document.provider;
showBar(document);

/** Tiptap's own name for it: other Tiptap pages find the text there. */
const FIELD = 'default';

const vocabulary = new Vocabulary(getSchema(CONTENT));
const fragment = doc.getXmlFragment(FIELD);
vocabulary.watch(fragment);

const stage = new Stage(document, {
  isKnown: () => vocabulary.isKnown(fragment),
  isEmpty: (doc) => doc.getXmlFragment(FIELD).length === 0,
  mend: (transaction) => mend(transaction, transaction.doc.getXmlFragment(FIELD), vocabulary),
  edit: (host, doc) => editRich(host, doc.getXmlFragment(FIELD), FIELD, document),
  read: (host, doc) => readRich(host, doc.getXmlFragment(FIELD), documentId),
});
stage.start();
