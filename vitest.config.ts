import { defineConfig } from 'vitest/config';

/** Packages are tested on their sources; see "exports" in their package.json. */
const conditions = ['@syncline/source', 'module', 'import', 'default'];

const SLOW = '**/*.slow.test.ts';
const FAULTS = '**/*.faults.test.ts';
const BROWSER = '**/*.browser.test.ts';

/** Starts PostgreSQL and Redis where none answers. */
const SERVICES = 'packages/testing/src/services/start.ts';

/** The suites that fit every backend. `npm test` runs them on LevelDB and memory, where they need any. */
const EVERY_BACKEND = [
  'packages/storage-postgres/test/contract.test.ts',
  'packages/bus-redis/test/contract.test.ts',
  'packages/server/test/admin*.test.ts',
  'packages/server/test/awareness.test.ts',
  'packages/server/test/catch-up.test.ts',
  'packages/server/test/cluster-*.test.ts',
  'packages/server/test/compaction.test.ts',
  'packages/server/test/dialects.test.ts',
  'packages/server/test/hocuspocus.test.ts',
  'packages/server/test/http-transport.test.ts',
  'packages/server/test/live-change*.test.ts',
  'packages/server/test/sync.test.ts',
  'packages/server/test/syncline*.test.ts',
  'packages/server/test/tombstone*.test.ts',
  'packages/cli/test/crash.test.ts',
  'packages/cli/test/dialects-crash.test.ts',
  'packages/cli/test/replay.test.ts',
  'packages/cli/test/restart.test.ts',
  'packages/client/test/faults/convergence.test.ts',
  'packages/client/test/faults/durability.test.ts',
];

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
          // Much of it waits: for timeouts, commits, processes that start.
          maxWorkers: 3,
          // Without them its tests of them are skipped, which CI does not do.
          globalSetup: process.env['CI'] === 'true' ? SERVICES : [],
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
          name: 'cluster',
          include: EVERY_BACKEND,
          env: { SYNCLINE_TEST_BACKEND: 'postgres+redis' },
          globalSetup: SERVICES,
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
