import { defineConfig } from 'vitest/config';

/** Tests that drive a real browser against the built server; `npm run test:browser` builds first. */
export default defineConfig({
  test: {
    include: ['apps/*/test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
  resolve: { conditions: ['@syncline/source', 'module', 'import', 'default', 'browser'] },
  ssr: { resolve: { conditions: ['@syncline/source', 'module', 'import', 'default', 'node'] } },
});
