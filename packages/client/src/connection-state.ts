/**
 * What a connection, or a provider's document on it, is at.
 *
 * ```
 *            dial            opened               welcomed             synced
 * offline ─────────► connecting ─────► authenticating ─────► syncing ─────────► live
 *    ▲                   │                   │                 ▲ │ attach          │
 *    │                   │                   │                 │ └─────────────────┤
 *    │ broken            ▼                   ▼                 └───────────────────┤
 *    └───────────────────┴───────────────────┴─────────────────────────────────────┘
 *                             any: refused ──► refused ── connect ──► connecting
 * ```
 *
 * What waits for itself to heal is `offline`; what needs the user or the application is `refused`.
 */
export type ConnectionState =
  /** A link is being opened. */
  | { readonly status: 'connecting' }
  /** The link is open, and the server looks at the token. */
  | { readonly status: 'authenticating' }
  /** The document is being loaded. Stuck: nothing came for it for a while. */
  | { readonly status: 'syncing'; readonly stuck: boolean }
  /** The document is as the server has it. Stuck: changes wait for their answer for long. */
  | { readonly status: 'live'; readonly stuck: boolean }
  /** Not connected. It tries again by itself, unless the application disconnected it. */
  | { readonly status: 'offline'; readonly problem: Problem }
  /** The server refused what would be refused again. It stops until `connect()` is called. */
  | { readonly status: 'refused'; readonly problem: Problem };

export type ConnectionStatus = ConnectionState['status'];

/** Why there is no connection. */
export interface Problem {
  /** One of docs/errors.md; '' when the connection broke off without one. */
  readonly code: string;
  /** For people. */
  readonly message: string;
}

/** What moves a {@link ConnectionState}. */
export type ConnectionEvent =
  /** A try begins by itself: the first, after a wait, or since the network is back. */
  | { readonly type: 'dial' }
  /** The application asked for it: also after a refusal. */
  | { readonly type: 'connect' }
  | { readonly type: 'opened' }
  | { readonly type: 'welcomed' }
  /** A session begins, or begins anew. */
  | { readonly type: 'attach' }
  | { readonly type: 'synced' }
  /** An answer is overdue. */
  | { readonly type: 'stuck' }
  /** An answer came. */
  | { readonly type: 'progress' }
  /** It ended, and may be tried again. */
  | { readonly type: 'broken'; readonly problem: Problem }
  /** It ended, and would be refused again. */
  | { readonly type: 'refused'; readonly problem: Problem }
  /** The application wants no connection. */
  | { readonly type: 'disconnect' };

const DISCONNECTED: Problem = { code: '', message: 'disconnected by the application' };

export const NOT_CONNECTED: ConnectionState = {
  status: 'offline',
  problem: { code: '', message: 'not connected yet' },
};

/** The state after an event; the same object when the event says nothing in that state. */
export function transition(state: ConnectionState, event: ConnectionEvent): ConnectionState {
  switch (event.type) {
    case 'dial':
      return state.status === 'offline' ? { status: 'connecting' } : state;
    case 'connect':
      return state.status === 'offline' || state.status === 'refused'
        ? { status: 'connecting' }
        : state;
    case 'opened':
      return state.status === 'connecting' ? { status: 'authenticating' } : state;
    case 'welcomed':
      return state.status === 'authenticating' ? { status: 'syncing', stuck: false } : state;
    case 'attach':
      return state.status === 'live' || state.status === 'offline'
        ? { status: 'syncing', stuck: false }
        : state;
    case 'synced':
      return state.status === 'syncing' ? { status: 'live', stuck: false } : state;
    case 'stuck':
    case 'progress':
      return withStuck(state, event.type === 'stuck');
    case 'broken':
      return state.status === 'refused' ? state : { status: 'offline', problem: event.problem };
    case 'refused':
      return { status: 'refused', problem: event.problem };
    case 'disconnect':
      return { status: 'offline', problem: DISCONNECTED };
    default:
      return event satisfies never;
  }
}

function withStuck(state: ConnectionState, stuck: boolean): ConnectionState {
  if (state.status !== 'syncing' && state.status !== 'live') return state;
  return state.stuck === stuck ? state : { status: state.status, stuck };
}
