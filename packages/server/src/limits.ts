const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;

/**
 * Every limit on what clients may do, in one table. Sizes in bytes, times in milliseconds, rates by what the name
 * says. `docs/configuration.md` has what each is good for; the code that tells a client of it is
 * named here.
 */
export const DEFAULT_LIMITS = {
  /** A message on a WebSocket, or one that is put together of fragments. `frame-too-large` */
  frameBytes: 64 * MIB,
  /** One update. `update-too-large` */
  updateBytes: 64 * MIB,
  /** Structs in one update, of which each takes time. `update-too-large` */
  updateStructs: 2_097_152,
  /** The log of one document in memory. `document-too-large` */
  documentBytes: 256 * MIB,
  /**
   * Yjs client ids in one document, one for each tab that ever wrote, and in the state vector of a copy.
   * `document-too-large`, `update-too-large`
   */
  documentClients: 65_536,
  /** Ranges of deleted clocks in one document. `document-too-large`, `update-too-large` */
  documentRanges: 1_048_576,
  /** So long may who joins have to wait; if it would be longer, it is to come back. `server-busy` */
  joinWaitMs: 5_000,
  /** Sessions of one document. `too-many-sessions` */
  sessionsPerDocument: 10_000,
  /** Documents of one connection. `too-many-documents` */
  documentsPerConnection: 1_000,
  /** Documents that a user has open at once, over all connections. `too-many-documents` */
  documentsPerUser: 10_000,
  /** The same for an address, of those who are nobody that is known. `too-many-documents` */
  documentsPerAddress: 100_000,
  /**
   * Documents that a user, or an address where nobody is known, brings into being in an hour: so many at once, and so
   * many more with each hour. `too-many-new-documents`
   */
  newDocumentsPerHour: 10_000,
  /** Bytes that a user, or an address where nobody is known, adds to logs in a day, likewise. `storage-quota-exceeded` */
  storedBytesPerDay: 10 * GIB,
  /** Connections of one user, when there is authentication. `too-many-connections` */
  connectionsPerUser: 200,
  /** Connections from one address. `too-many-connections` */
  connectionsPerAddress: 10_000,
  /** Frames of one connection, whatever they are, a second. More are read later. `rate-limited` */
  framesPerSecond: 20_000,
  /** Updates of one connection, a second. More are read later. `rate-limited` */
  updatesPerSecond: 10_000,
  /** Bytes of one connection, a second. More are read later. `rate-limited` */
  bytesPerSecond: 16 * MIB,
  /**
   * Awareness changes and broadcasts of one connection, a second; one counts once more for each 4 KiB. More are read
   * later. `rate-limited`
   */
  awarenessPerSecond: 500,
  /** How long a connection may be slowed without a pause before it is closed. `rate-limited` */
  throttleGraceMs: 300_000,
  /** How soon a connection must have its first session, whatever it sends. `auth-timeout` */
  attachMs: 30_000,
  /** What one connection may send before its token is checked. `auth-queue-full` */
  queueBytes: 5 * MIB,
  queueFrames: 1_000,
  /** What may wait behind gaps, for one session. `pending-too-large` */
  pendingBytes: MIB,
  /** Clocks without content (deleted or collected structs) that one session may bring. `clock-jump` */
  hollowClocks: 2 ** 24,
  /** One awareness state, as JSON in UTF-8. `awareness-too-large` */
  awarenessBytes: 64 * KIB,
  /** Awareness states in one frame; stock clients send on what they receive. `awareness-too-many` */
  awarenessStates: 10_000,
  /** Awareness states that one session may own; more are dropped. */
  awarenessPerSession: 32,
  /**
   * Awareness that a room sends to each session, a second: in a large one it comes less often. Its states take no more
   * than can be sent in 21 s; where there is more, whoever has the most makes way.
   */
  awarenessBytesPerSecond: 128 * KIB,
  /** One broadcast: its topic and payload. `broadcast-too-large` */
  broadcastBytes: 64 * KIB,
  /** How many broadcasts a room keeps for those who join late. */
  broadcastReplay: 100,
} as const satisfies Record<string, number>;

export type Limits = Readonly<Record<keyof typeof DEFAULT_LIMITS, number>>;
