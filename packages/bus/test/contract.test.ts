import { testBus } from '../src/contract.ts';
import { MemoryBus, MemoryHub } from '../src/index.ts';

testBus('the bus within one process', {
  open: async () => {
    const hub = new MemoryHub();
    return [new MemoryBus(hub), new MemoryBus(hub), new MemoryBus(hub)];
  },
});
