import { mergeConfig } from 'vitest/config';
import browser from './vitest.browser.config.ts';

/** Takes the pictures of the documentation; run on request, not with the tests. */
export default mergeConfig(
  { ...browser, test: { ...browser.test, include: [] } },
  { test: { include: ['apps/*/test/screenshots.ts'] } },
);
