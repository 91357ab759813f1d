export { type Bus, type BusListener, HEARTBEAT_MS, type NodeId, SILENCE_MS } from './bus.ts';
export { MemoryBus, MemoryHub, newNodeId } from './memory-bus.ts';
export {
  type DocumentMessage,
  decodeDocumentMessage,
  decodeNodeMessage,
  encodeDocumentMessage,
  encodeNodeMessage,
  type NodeMessage,
  type OwnedState,
  readErrorCode,
} from './message.ts';
