import { defineConfig } from 'vitest/config';

/** Packages are tested on their sources; see "exports" in their package.json. */
const conditions = ['@syncline/source', 'module', 'import', 'default'];

const SLOW = '**/*.slow.test.ts';
const FAULTS = '**/*.faults.test.ts';
const BROWSER = '**/*.browser.test.ts';

/** `npm test` runs the project `main`; package.json has a command for each of the others. */
export default defineConfig({
  resolve: { conditions: [...conditions, 'browser'], dedupe: ['yjs', 'react', 'react-dom'] },
  // Without `import`, which Node would apply to what CommonJS packages require as well (pg-pool).
  ssr: { resolve: { conditions: ['@syncline/source', 'module', 'default', 'node'] } },
  test: {
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 40_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'main',
          include: [
            'packages/*/src/**/*.test.ts',
            'packages/*/test/**/*.test.{ts,tsx}',
            'apps/*/src/**/*.test.ts',
          ],
          exclude: ['**/node_modules/**', SLOW, FAULTS, BROWSER],
        },
      },
      {
        extends: true,
        test: {
          name: 'slow',
          include: [`packages/${SLOW}`, `apps/${SLOW}`],
          testTimeout: 300_000,
          // Many of them measure times or memory.
          fileParallelism: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'faults',
          include: [`packages/${FAULTS}`],
          testTimeout: 300_000,
          fileParallelism: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'browser',
          include: ['apps/*/test/**/*.test.ts', `packages/${BROWSER}`],
          exclude: ['**/node_modules/**', SLOW],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: { name: 'screenshots', include: ['apps/*/test/screenshots.ts'], testTimeout: 60_000 },
      },
    ],
  },
});
