import { testBus } from '@syncline/bus/contract';
import { describe } from 'vitest';
import { RedisBus } from '../src/index.ts';
import { findServer, randomPrefix } from './test-server.ts';

const server = await findServer();

describe.skipIf(server === undefined)('on a real server', () => {
  testBus('the bus on Redis', {
    open: async () => {
      const prefix = randomPrefix();
      const open = () => RedisBus.open(server as string, { prefix });
      return await Promise.all([open(), open(), open()]);
    },
  });
});
