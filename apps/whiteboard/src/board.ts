import '@syncline/app-common/theme.css';
import { keepPages } from '@syncline/app-common/keep-pages';
import { openDocument } from '@syncline/app-common/open-document';

keepPages();
const provider = openDocument('board');
document.title = `${provider.documentId} · Syncline`;
