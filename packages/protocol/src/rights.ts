/** What an identity may do with a document. */
export interface Rights {
  /** See the document, and who is there. Without it nothing else counts. */
  readonly read: boolean;
  /** Change it. */
  readonly write: boolean;
  /** Show oneself: send awareness states. */
  readonly awareness: boolean;
  /** Send broadcasts. */
  readonly broadcast: boolean;
  /** Inspect, export, replace and delete it, and end its sessions. */
  readonly admin: boolean;
}

/** The rights in the order of their bits in {@link encodeRights}. */
export const RIGHT_NAMES = ['read', 'write', 'awareness', 'broadcast', 'admin'] as const;

export type RightName = (typeof RIGHT_NAMES)[number];

export const NO_RIGHTS: Rights = {
  read: false,
  write: false,
  awareness: false,
  broadcast: false,
  admin: false,
};

/** The rights as a bit set: read 1, write 2, awareness 4, broadcast 8, admin 16. */
export function encodeRights(rights: Rights): number {
  return RIGHT_NAMES.reduce((bits, name, index) => bits | (rights[name] ? 1 << index : 0), 0);
}

/** Bits that are not known are ignored: a newer server may know more rights. */
export function decodeRights(bits: number): Rights {
  const entries = RIGHT_NAMES.map((name, index) => [name, (bits & (1 << index)) !== 0]);
  return Object.fromEntries(entries) as Record<RightName, boolean>;
}
