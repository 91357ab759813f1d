import { mergeConfig } from 'vitest/config';
import base from './vitest.config.ts';

export default mergeConfig(
  { ...base, test: { ...base.test, include: [], exclude: [] } },
  { test: { include: ['packages/*/test/**/*.slow.test.ts'], testTimeout: 300_000 } },
);
