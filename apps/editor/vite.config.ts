import { defineConfig } from 'vite';
import { pageConfig } from '../common/vite.ts';

export default defineConfig(pageConfig('editor.html', '/editor/'));
