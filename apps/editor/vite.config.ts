import { defineConfig, type Plugin } from 'vite';

/** In development the editor's page is under every document's address, as the server has it. */
const documentPages: Plugin = {
  name: 'document-pages',
  configureServer(server) {
    server.middlewares.use((request, _response, next) => {
      if (request.url?.startsWith('/editor/')) request.url = '/editor.html';
      next();
    });
  },
};

export default defineConfig({
  plugins: [documentPages],
  build: {
    // What the server serves, and what the syncline command is published with.
    outDir: '../../packages/cli/public',
    emptyOutDir: true,
    chunkSizeWarningLimit: 700,
    rollupOptions: { input: ['index.html', 'editor.html'] },
  },
});
