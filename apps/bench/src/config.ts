const KIB = 1024;
const MIB = 1024 * KIB;

/**
 * Every magnitude of the benchmarks. Rates are a second, over all writers; sizes in bytes, of Yjs's
 * encoding.
 */
const FULL = {
  /** Before a steady load is measured, it runs so long: servers are compiled while they run. */
  warmUpSeconds: 9,
  /** What is written is stored later by some servers: that work counts, too. */
  settleSeconds: 4,
  /** So long may it take until everybody has all, after the last update was sent. */
  completeSeconds: 60,

  fanout: { clients: 100, writers: 10, rate: 300, seconds: 8 },
  shapes: { clients: 40, rate: 600, seconds: 8, shapesEach: 5 },
  flood: { clients: 20, warmUpEach: 200, updatesEach: 1_500 },
  documents: { documents: 300, rate: 1_000, seconds: 8 },
  manyDocuments: { documents: 2_000, rate: 1_000, seconds: 8 },
  presence: { clients: 100, rate: 300, warmUpSeconds: 3, seconds: 8 },
  /** Short: a server that sends on each move has a million frames to send for each second of it. */
  crowd: { clients: 300, rate: 3_000, warmUpSeconds: 1, seconds: 2 },
  /** Of a session that is made up by rule, or of the file that `--trace` names. */
  trace: { steps: 36_000, rate: 12_000, quietSeconds: 60 },
  cold: { documents: 20, bytes: 100 * KIB, edits: 500, editRate: 2_000, quietSeconds: 12 },
  storm: { clients: 200, bytes: MIB, quietSeconds: 5 },
  smallStorm: { clients: 1_000, bytes: 10 * KIB, quietSeconds: 5 },
  idle: { clients: 2_000, perDocument: 10, seconds: 40, renewSeconds: 15 },
  memory: { documents: 200, bytes: 150 * KIB, quietSeconds: 8 },

  growth: {
    fanout: { clients: [2, 10, 25, 50, 100, 200, 350, 500], rate: 100, seconds: 6 },
    rate: { clients: 100, rates: [10, 30, 100, 300, 1_000, 3_000], seconds: 6 },
    join: {
      bytes: [10 * KIB, 100 * KIB, 500 * KIB, 2 * MIB, 8 * MIB, 20 * MIB],
      joins: { least: 20, most: 300, bytes: 64 * MIB },
      quietSeconds: 6,
    },
    memory: {
      bytes: 20 * KIB,
      stored: [0, 1_000, 5_000, 10_000],
      open: [0, 100, 250, 500, 1_000],
      quietSeconds: 10,
    },
    disk: { edits: [1_000, 5_000, 10_000, 20_000, 40_000], rate: 4_000, quietSeconds: 15 },
  },
};

export type Magnitudes = typeof FULL;

/** Small enough to see within minutes that everything works. Figures made with it mean little. */
const QUICK: Magnitudes = {
  warmUpSeconds: 1,
  settleSeconds: 2,
  completeSeconds: 30,
  fanout: { ...FULL.fanout, clients: 30, seconds: 3 },
  shapes: { ...FULL.shapes, clients: 12, rate: 300, seconds: 3 },
  flood: { clients: 8, warmUpEach: 50, updatesEach: 300 },
  documents: { documents: 50, rate: 500, seconds: 3 },
  manyDocuments: { documents: 200, rate: 500, seconds: 3 },
  presence: { clients: 30, rate: 100, warmUpSeconds: 1, seconds: 3 },
  crowd: { clients: 60, rate: 600, warmUpSeconds: 1, seconds: 2 },
  trace: { steps: 6_000, rate: 3_000, quietSeconds: 12 },
  cold: { ...FULL.cold, documents: 5, edits: 200 },
  storm: { ...FULL.storm, clients: 40, bytes: 300 * KIB },
  smallStorm: { ...FULL.smallStorm, clients: 200 },
  idle: { ...FULL.idle, clients: 200, seconds: 16 },
  memory: { ...FULL.memory, documents: 40 },
  growth: {
    fanout: { clients: [2, 10, 50], rate: 50, seconds: 2 },
    rate: { clients: 20, rates: [30, 300], seconds: 2 },
    join: {
      bytes: [10 * KIB, 100 * KIB, 500 * KIB],
      joins: { least: 10, most: 40, bytes: 4 * MIB },
      quietSeconds: 4,
    },
    memory: { bytes: 20 * KIB, stored: [0, 100, 300], open: [0, 50, 100], quietSeconds: 4 },
    disk: { edits: [500, 2_000], rate: 5_000, quietSeconds: 8 },
  },
};

export const MAGNITUDES = { full: FULL, quick: QUICK } as const;

export type Scale = keyof typeof MAGNITUDES;
