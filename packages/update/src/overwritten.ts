import { ByteReader } from './byte-reader.ts';
import { includesRange } from './delete-set.ts';
import type { ScannedUpdate } from './scan.ts';
import { isMapValue, Kind, Struct } from './struct.ts';
import { placeOf } from './survey.ts';

/** A value that a key of a map was given: what was there before is its origin. */
interface Value {
  readonly client: number;
  readonly clock: number;
  readonly length: number;
  /** Undefined for the first of a key, as its author saw it. */
  readonly before: { readonly client: number; readonly clock: number } | undefined;
  /** Of a first one: the bytes that say which map and key it is. */
  readonly place: string;
  /** Of the values whose origin is its last clock, the highest client; -1 when there are none. */
  highestAfter: number;
  /** Likewise of its other clocks, which it has when several that were deleted became one. */
  highestInside: Map<number, number> | undefined;
  /** The first of those clocks at which a client comes after it that is higher than its own. */
  branchesAt: number;
  /** Whether nothing stands to the right of it but what comes after it; undefined as long as that is not known. */
  isRightmost: boolean | undefined;
}

/**
 * Values of maps that count as deleted though no update says so: of the values that a key was given, the last in the
 * order of Yjs is the one that counts (yjs 13.6, Item.js `integrate`). Values that were given at the same time have the same origin,
 * and stand in the order of their clients' ids, each with those that came after it.
 *
 * @returns clocks by client, in ascending order. Empty where a value has a right origin, which Yjs never writes.
 */
export function findOverwritten(update: ScannedUpdate): ReadonlyMap<number, readonly number[]> {
  const values = readValues(update);
  const overwritten = new Map<number, number[]>();
  if (values === undefined) return overwritten;
  const { byClient, firsts, live } = values;
  for (const value of live) {
    if (value.highestAfter < 0 && isRightmost(value, byClient, firsts)) continue;
    const clocks = overwritten.get(value.client);
    if (clocks === undefined) overwritten.set(value.client, [value.clock]);
    else clocks.push(value.clock);
  }
  return overwritten;
}

interface Values {
  /** In the order of their clocks. */
  readonly byClient: Map<number, Value[]>;
  /** Of each map and key, the highest client that gave a first value. */
  readonly firsts: Map<string, number>;
  /** Those that no update deletes. */
  readonly live: Value[];
}

function readValues({ runs, deletes }: ScannedUpdate): Values | undefined {
  const byClient = new Map<number, Value[]>();
  const firsts = new Map<string, number>();
  const live: Value[] = [];
  const struct = new Struct();
  for (const run of runs) {
    const { client, bytes } = run;
    const reader = new ByteReader(bytes, run.from);
    const values: Value[] = [];
    const deleted = deletes.get(client) ?? [];
    for (let { clock } = run; clock < run.end; clock += struct.length) {
      struct.readOf(run, reader, clock);
      if (!isMapValue(bytes, struct)) continue;
      if (struct.rightOriginClient >= 0) return undefined;
      const { length, originClient, originClock } = struct;
      const isFirst = originClient < 0;
      const place = isFirst ? placeOf(bytes, struct.from, struct.contentFrom) : '';
      const before = isFirst ? undefined : { client: originClient, clock: originClock };
      const value: Value = {
        client,
        clock,
        length,
        before,
        place,
        highestAfter: -1,
        highestInside: undefined,
        branchesAt: Infinity,
        isRightmost: undefined,
      };
      values.push(value);
      if (isFirst) firsts.set(place, Math.max(client, firsts.get(place) ?? 0));
      const isLive = length === 1 && struct.kind !== Kind.deleted;
      if (isLive && !includesRange(deleted, clock, clock + 1)) live.push(value);
    }
    byClient.set(client, values);
  }
  for (const values of byClient.values()) {
    for (const value of values) {
      const { before, client } = value;
      const parent = before && valueAt(byClient, before);
      if (parent !== undefined) noteAfter(parent, before?.clock as number, client);
    }
  }
  return { byClient, firsts, live };
}

function isRightmost(
  start: Value,
  byClient: Values['byClient'],
  firsts: Values['firsts'],
): boolean {
  const path: Value[] = [];
  let answer: boolean;
  for (let value = start; ; ) {
    if (value.isRightmost !== undefined) {
      answer = value.isRightmost;
      break;
    }
    value.isRightmost = true; // where bytes of an attacker go round in a circle
    path.push(value);
    const { before } = value;
    if (before === undefined) {
      answer = (firsts.get(value.place) ?? 0) <= value.client;
      break;
    }
    const parent = valueAt(byClient, before);
    if (parent === undefined) {
      answer = true;
      break;
    }
    if (hasHigherBeside(value, before.clock, parent)) {
      answer = false;
      break;
    }
    value = parent;
  }
  for (const value of path) value.isRightmost = answer;
  return answer;
}

/** A value of this client has a clock of another one as its origin. */
function noteAfter(parent: Value, clock: number, client: number): void {
  if (clock === lastClock(parent)) {
    parent.highestAfter = Math.max(parent.highestAfter, client);
    return;
  }
  parent.highestInside ??= new Map();
  parent.highestInside.set(clock, Math.max(parent.highestInside.get(clock) ?? -1, client));
  if (client > parent.client) parent.branchesAt = Math.min(parent.branchesAt, clock);
}

/** Whether another value with the same origin, or what goes on there, stands to the right of this one. */
function hasHigherBeside({ client }: Value, clock: number, parent: Value): boolean {
  if (parent.branchesAt < clock) return true;
  if (clock === lastClock(parent)) return parent.highestAfter > client;
  // Of the clocks of one struct each comes after the one before.
  return parent.client > client || (parent.highestInside?.get(clock) ?? -1) > client;
}

function lastClock({ clock, length }: Value): number {
  return clock + length - 1;
}

function valueAt(
  byClient: Values['byClient'],
  { client, clock }: { readonly client: number; readonly clock: number },
): Value | undefined {
  const values = byClient.get(client) ?? [];
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const value = values[middle] as Value;
    if (value.clock + value.length <= clock) low = middle + 1;
    else high = middle;
  }
  const value = values[low];
  return value !== undefined && value.clock <= clock ? value : undefined;
}
