export type { Link, LinkEnd, LinkKind, LinkListener } from './link/link.ts';
export type {
  Change,
  OfflineDocument,
  OfflineListener,
  OfflineStore,
  Position,
  SetAside,
} from './local-copy.ts';
