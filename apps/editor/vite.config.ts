import { defineConfig } from 'vite';
import { pagesConfig } from '../common/vite.ts';

export default defineConfig(pagesConfig({ '/editor/': 'editor.html', '/text/': 'text.html' }));
