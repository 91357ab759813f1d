import { testDocumentStore } from './contract.ts';
import { MemoryStore } from './memory-store.ts';

testDocumentStore('the in-memory store', { open: async () => new MemoryStore() });
