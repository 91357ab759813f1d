import { defineConfig } from 'vitest/config';

/** Packages are tested on their sources; see "exports" in their package.json. */
const conditions = ['@syncline/source', 'module', 'import', 'default'];

export default defineConfig({
  resolve: { conditions: [...conditions, 'browser'], dedupe: ['yjs'] },
  ssr: { resolve: { conditions: [...conditions, 'node'] } },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'packages/*/test/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/*.slow.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 20_000,
  },
});
