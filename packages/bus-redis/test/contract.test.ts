import { testBus } from '@syncline/bus/contract';
import { findRedis, randomPrefix } from '@syncline/testing/services';
import { describe } from 'vitest';
import { RedisBus } from '../src/index.ts';

const server = await findRedis();

describe.skipIf(server === undefined)('on a real server', () => {
  testBus('the bus on Redis', {
    open: async () => {
      const prefix = randomPrefix();
      const open = () => RedisBus.open(server as string, { prefix });
      return await Promise.all([open(), open(), open()]);
    },
  });
});
