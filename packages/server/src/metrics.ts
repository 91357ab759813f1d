import { ERROR_CODES, type ErrorCode } from '@syncline/protocol';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Seconds; a synced commit takes a fraction of a millisecond on a good disk. */
const COMMIT_BUCKETS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5];
const LOOP_BUCKETS = [0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 5];
const COMPACTION_BUCKETS = [0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60];

/** To wake up is most of what an idle process does: a hundred times a second took more than 1 % of a core. */
const LOOP_SAMPLE_MS = 500;
/** So rarely, in milliseconds, that prom-client's samples cost nothing; they are not shown. */
const RARELY_MS = 2 ** 31 - 1;

/** A count that is kept where it is counted, many times a second, and that the registry asks for. */
export class Tally {
  total = 0;

  inc(by = 1): void {
    this.total += by;
  }
}

/** What there is now; asked when somebody reads the metrics. */
export interface Levels {
  connections(): number;
  sessions(): number;
  rooms(): number;
  roomBytes(): number;
  heldBytes(): number;
  failingDocuments(): number;
  quarantinedDocuments(): number;
  /** `ready`, `recovering` or `read-only`. */
  storeState(): string;
  /** Whether what other nodes say arrives. */
  isHearing(): boolean;
}

/** What a server counts, in Prometheus's form: `GET /metrics`. Document names are in none of them. */
export class Metrics {
  readonly registry = new Registry();
  readonly ticks = this.#counter('ticks_total', 'Commits of the tick.');
  readonly commitSeconds = new Histogram({
    name: 'syncline_commit_seconds',
    help: 'How long the commit of a tick took.',
    buckets: COMMIT_BUCKETS,
    registers: [this.registry],
  });
  readonly bytesIn = this.#counter('bytes_in_total', 'Bytes of frames that came.');
  readonly bytesOut = this.#counter('bytes_out_total', 'Bytes of frames that were sent.');
  readonly framesIn = this.#counter('frames_in_total', 'Frames that came.');
  readonly framesOut = this.#counter('frames_out_total', 'Frames that were sent.');
  readonly entriesIn = this.#counter('updates_in_total', 'Updates that brought something new.');
  readonly entriesCommitted = this.#counter('entries_committed_total', 'Entries appended to logs.');
  readonly deliveries = this.#counter(
    'deliveries_total',
    'Updates sent to sessions after a commit.',
  );
  readonly gaps = this.#counter('gaps_total', 'Updates of which a part lay behind a gap.');
  readonly clockJumps = this.#counter(
    'clock_jumps_total',
    'Updates refused since they claim too many clocks without content. Any is an alarm.',
  );
  readonly sessionsLeftBehind = this.#counter(
    'sessions_left_behind_total',
    'Times that a session read too slowly and was left behind.',
  );
  readonly lostEntries = this.#counter(
    'lost_entries_total',
    'Times that a client had entries that the log has lost. Any is an alarm.',
  );
  readonly headsReads = this.#counter(
    'heads_reads_total',
    'Times that the heads of all rooms were read, since messages of other nodes may be lost.',
  );
  readonly compactionSeconds = new Histogram({
    name: 'syncline_compaction_seconds',
    help: 'How long making a checkpoint took.',
    buckets: COMPACTION_BUCKETS,
    registers: [this.registry],
  });
  readonly compactionsFailed = this.#counter(
    'compactions_failed_total',
    'Checkpoints that could not be made.',
  );
  readonly entriesSetAside = this.#counter(
    'entries_set_aside_total',
    'Entries that Yjs could not integrate, and that are served no more.',
  );
  readonly #refusals = new Counter({
    name: 'syncline_refusals_total',
    help: 'Sessions and connections that were ended, by error code.',
    labelNames: ['code'],
    registers: [this.registry],
  });

  readonly #loopTimer: NodeJS.Timeout;

  constructor() {
    this.#collectNodeMetrics();
    this.#loopTimer = this.#sampleLoop();
    for (const code of Object.keys(ERROR_CODES)) this.#refusals.inc({ code }, 0);
  }

  refused(code: ErrorCode): void {
    this.#refusals.inc({ code });
  }

  /** Adds what is asked for anew each time. */
  observe(levels: Levels): void {
    this.#gauge('connections', 'Open sockets.', () => levels.connections());
    this.#gauge('sessions', 'Clients on documents.', () => levels.sessions());
    this.#gauge('rooms', 'Documents in memory.', () => levels.rooms());
    this.#gauge('room_bytes', 'Bytes of logs in memory.', () => levels.roomBytes());
    this.#gauge('held_bytes', 'Bytes of updates that wait behind a gap.', () => levels.heldBytes());
    this.#gauge('documents_quarantined', 'Documents that are damaged, and not served.', () =>
      levels.quarantinedDocuments(),
    );
    this.#gauge('documents_failing', 'Documents that could not be compacted at the last try.', () =>
      levels.failingDocuments(),
    );
    this.#gauge('bus_hearing', '1 while what other nodes say arrives.', () =>
      levels.isHearing() ? 1 : 0,
    );
    const state: Gauge<'state'> = new Gauge({
      name: 'syncline_store_state',
      help: '1 for the state that the store is in.',
      labelNames: ['state'],
      registers: [this.registry],
      collect: () => {
        const now = levels.storeState();
        for (const name of ['ready', 'recovering', 'read-only']) {
          state.set({ state: name }, name === now ? 1 : 0);
        }
      },
    });
  }

  close(): void {
    clearInterval(this.#loopTimer);
  }

  /** What prom-client knows of the process, without the event loop's lag, which it samples at each 10 ms. */
  #collectNodeMetrics(): void {
    collectDefaultMetrics({ register: this.registry, eventLoopMonitoringPrecision: RARELY_MS });
    for (const statistic of ['min', 'max', 'mean', 'stddev', 'p50', 'p90', 'p99']) {
      this.registry.removeSingleMetric(`nodejs_eventloop_lag_${statistic}_seconds`);
    }
  }

  #sampleLoop(): NodeJS.Timeout {
    const delay = new Histogram({
      name: 'syncline_event_loop_delay_seconds',
      help: 'How late the event loop came to a timer that ends twice a second.',
      buckets: LOOP_BUCKETS,
      registers: [this.registry],
    });
    let due = performance.now() + LOOP_SAMPLE_MS;
    return setInterval(() => {
      const now = performance.now();
      delay.observe(Math.max(0, now - due) / 1_000);
      due = now + LOOP_SAMPLE_MS;
    }, LOOP_SAMPLE_MS).unref();
  }

  #counter(name: string, help: string): Tally {
    const tally = new Tally();
    const counter: Counter = new Counter({
      name: `syncline_${name}`,
      help,
      registers: [this.registry],
      collect: () => {
        counter.reset();
        counter.inc(tally.total);
      },
    });
    return tally;
  }

  #gauge(name: string, help: string, read: () => number): void {
    const gauge: Gauge = new Gauge({
      name: `syncline_${name}`,
      help,
      registers: [this.registry],
      collect: () => {
        gauge.set(read());
      },
    });
  }
}
