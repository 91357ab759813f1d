import { describe, expect, it } from 'vitest';
import {
  type ConnectionEvent,
  type ConnectionState,
  type ConnectionStatus,
  transition,
} from './connection-state.ts';

const problem = { code: 'internal', message: 'why it ended' };
const before = { code: '', message: 'why it was there' };

/** The states, and those that are stuck as states of their own. */
type StateName = ConnectionStatus | 'syncing, stuck' | 'live, stuck';

const STATES: Record<StateName, ConnectionState> = {
  connecting: { status: 'connecting' },
  authenticating: { status: 'authenticating' },
  syncing: { status: 'syncing', stuck: false },
  'syncing, stuck': { status: 'syncing', stuck: true },
  live: { status: 'live', stuck: false },
  'live, stuck': { status: 'live', stuck: true },
  offline: { status: 'offline', problem: before },
  refused: { status: 'refused', problem: before },
};

const EVENTS: { readonly [Type in ConnectionEvent['type']]: ConnectionEvent & { type: Type } } = {
  dial: { type: 'dial' },
  connect: { type: 'connect' },
  opened: { type: 'opened' },
  welcomed: { type: 'welcomed' },
  attach: { type: 'attach' },
  synced: { type: 'synced' },
  stuck: { type: 'stuck' },
  progress: { type: 'progress' },
  broken: { type: 'broken', problem },
  refused: { type: 'refused', problem },
  disconnect: { type: 'disconnect' },
};

/** Each event in each state; '=' when it says nothing there. Does not compile with a cell missing. */
const TABLE: Record<StateName, Record<ConnectionEvent['type'], StateName | '='>> = {
  connecting: {
    dial: '=',
    connect: '=',
    opened: 'authenticating',
    welcomed: '=',
    attach: '=',
    synced: '=',
    stuck: '=',
    progress: '=',
    broken: 'offline',
    refused: 'refused',
    disconnect: 'offline',
  },
  authenticating: {
    dial: '=',
    connect: '=',
    opened: '=',
    welcomed: 'syncing',
    attach: '=',
    synced: '=',
    stuck: '=',
    progress: '=',
    broken: 'offline',
    refused: 'refused',
    disconnect: 'offline',
  },
  syncing: {
    dial: '=',
    connect: '=',
    opened: '=',
    welcomed: '=',
    attach: '=',
    synced: 'live',
    stuck: 'syncing, stuck',
    progress: '=',
    broken: 'offline',
    refused: 'refused',
    disconnect: 'offline',
  },
  'syncing, stuck': {
    dial: '=',
    connect: '=',
    opened: '=',
    welcomed: '=',
    attach: '=',
    synced: 'live',
    stuck: '=',
    progress: 'syncing',
    broken: 'offline',
    refused: 'refused',
    disconnect: 'offline',
  },
  live: {
    dial: '=',
    connect: '=',
    opened: '=',
    welcomed: '=',
    attach: 'syncing',
    synced: '=',
    stuck: 'live, stuck',
    progress: '=',
    broken: 'offline',
    refused: 'refused',
    disconnect: 'offline',
  },
  'live, stuck': {
    dial: '=',
    connect: '=',
    opened: '=',
    welcomed: '=',
    attach: 'syncing',
    synced: '=',
    stuck: '=',
    progress: 'live',
    broken: 'offline',
    refused: 'refused',
    disconnect: 'offline',
  },
  offline: {
    dial: 'connecting',
    connect: 'connecting',
    opened: '=',
    welcomed: '=',
    attach: 'syncing',
    synced: '=',
    stuck: '=',
    progress: '=',
    broken: 'offline',
    refused: 'refused',
    disconnect: 'offline',
  },
  refused: {
    dial: '=',
    connect: 'connecting',
    opened: '=',
    welcomed: '=',
    attach: '=',
    synced: '=',
    stuck: '=',
    progress: '=',
    broken: '=',
    refused: 'refused',
    disconnect: 'offline',
  },
};

const nameOf = (state: ConnectionState): StateName =>
  (state.status === 'syncing' || state.status === 'live') && state.stuck
    ? `${state.status}, stuck`
    : state.status;

const cells = Object.entries(TABLE).flatMap(([state, row]) =>
  Object.entries(row).map(([event, next]) => ({ state, event, next }) as Cell),
);

interface Cell {
  readonly state: StateName;
  readonly event: ConnectionEvent['type'];
  readonly next: StateName | '=';
}

describe('the state of a connection', () => {
  it.each(cells)('$state, at $event: $next', ({ state, event, next }) => {
    const from = STATES[state];
    const to = transition(from, EVENTS[event]);
    if (next === '=') expect(to).toBe(from);
    else expect(nameOf(to)).toBe(next);
  });

  it('says why it is offline or refused', () => {
    for (const state of [STATES.live, STATES.offline]) {
      expect(transition(state, EVENTS.broken)).toEqual({ status: 'offline', problem });
      expect(transition(state, EVENTS.refused)).toEqual({ status: 'refused', problem });
    }
  });
});
