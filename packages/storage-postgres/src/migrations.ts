/**
 * The partitions of each table: vacuum works on one at a time, and indexes stay small. They cost about
 * 1 ms of PostgreSQL's CPU for each tick (1.4 ms instead of 0.4 for one document; of 300 documents the
 * difference is lost in the noise), since a statement opens all of them.
 */
const PARTITIONS = 16;

/**
 * The steps from an empty database to the newest schema; the version of a database is how many of
 * them it has. A step that was released is never changed: what is to be different is a new step.
 *
 * `syncline_documents` has a row for each document that there is, and for each name with a tombstone
 * (`epoch` is null then, as it is before the first append). All that changes a document locks its row first, and nothing else that can
 * be waited for. `log` stands for one incarnation: a number instead of a name of up to 512 bytes in
 * each row and index entry of the log, and rows that a failed deletion would leave behind could never
 * get into another incarnation. Only `has_tail` of the columns that change is in an index, and it
 * changes seldom, so that PostgreSQL can update `head` in place (HOT; hence the fill factor).
 *
 * Names are text with the collation C: equal means equal bytes. Authors are bytes: text cannot hold
 * the character NUL, and one author with it would make the commit of everybody fail. `EXTERNAL` since
 * updates compress badly, and checkpoints are compressed already.
 */
export const MIGRATIONS: readonly (readonly string[])[] = [
  [
    'CREATE SEQUENCE syncline_log',
    `CREATE TABLE syncline_documents (
       id text COLLATE "C" NOT NULL PRIMARY KEY,
       log bigint NOT NULL DEFAULT nextval('syncline_log'),
       epoch text COLLATE "C",
       head bigint NOT NULL DEFAULT 0,
       checkpoint bigint NOT NULL DEFAULT 0,
       has_tail boolean NOT NULL DEFAULT false,
       tombstone bytea,
       tombstone_crc integer
     ) PARTITION BY HASH (id)`,
    ...partitions('syncline_documents', 'fillfactor = 80'),
    'CREATE INDEX syncline_documents_with_tail ON syncline_documents (id) WHERE has_tail',
    `CREATE TABLE syncline_entries (
       log bigint NOT NULL,
       seq bigint NOT NULL,
       time bigint NOT NULL,
       crc integer NOT NULL,
       author bytea NOT NULL,
       update bytea NOT NULL,
       PRIMARY KEY (log, seq)
     ) PARTITION BY HASH (log)`,
    'ALTER TABLE syncline_entries ALTER COLUMN update SET STORAGE EXTERNAL',
    ...partitions('syncline_entries'),
    `CREATE TABLE syncline_checkpoints (
       log bigint NOT NULL PRIMARY KEY,
       seq bigint NOT NULL,
       crc integer NOT NULL,
       encoding smallint NOT NULL,
       bytes bigint NOT NULL,
       update bytea NOT NULL
     ) PARTITION BY HASH (log)`,
    'ALTER TABLE syncline_checkpoints ALTER COLUMN update SET STORAGE EXTERNAL',
    ...partitions('syncline_checkpoints'),
    // Entries that Yjs could not integrate, for people to look at. There are few, so one table.
    `CREATE TABLE syncline_set_aside (
       log bigint NOT NULL,
       seq bigint NOT NULL,
       time bigint NOT NULL,
       crc integer NOT NULL,
       author bytea NOT NULL,
       update bytea NOT NULL,
       PRIMARY KEY (log, seq)
     )`,
  ],
  // Until when somebody is to be the only one who makes the next checkpoint.
  ['ALTER TABLE syncline_documents ADD COLUMN claimed_until timestamptz'],
  // The commit that appended last, and the head after it: it is not made again when its answer was lost. Both, since
  // a node of an older version may have appended meanwhile.
  [
    `ALTER TABLE syncline_documents
       ADD COLUMN last_commit bigint,
       ADD COLUMN last_commit_head bigint`,
  ],
];

/** Each is made with the columns' storage of its parent, so alter that before. */
function partitions(table: string, options?: string): string[] {
  return Array.from(
    { length: PARTITIONS },
    (_, remainder) =>
      `CREATE TABLE ${table}_${remainder} PARTITION OF ${table}
         FOR VALUES WITH (MODULUS ${PARTITIONS}, REMAINDER ${remainder})
         ${options === undefined ? '' : `WITH (${options})`}`,
  );
}
