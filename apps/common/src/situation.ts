import type { ReadOnlyReason, SynclineProvider } from '@syncline/client';
import type { Halt } from './guard.ts';

/** What matters most about a document now, in the words of its users. */
export interface Situation {
  readonly status: 'connecting' | 'saved' | 'saving' | 'offline' | 'read-only' | 'refused';
  /** A word or two. */
  readonly label: string;
  /** What has happened, what becomes of the user's work, what to do; undefined when all is as it should be. */
  readonly message?: string;
  /** What the user can do about it. */
  readonly remedy?: 'try-again' | 'show-token' | 'reload' | 'leave';
}

/** What a situation depends on. */
export type Circumstances = Pick<SynclineProvider, 'state' | 'access' | 'saveState'> & {
  /** The user could write in this page before. */
  readonly couldWrite: boolean;
  /** Whether changes survive that the page is closed. */
  readonly keepsCopy: boolean;
  /** Why the page itself does not write. */
  readonly halt: Halt | undefined;
};

const TOKEN_CODES: ReadonlySet<string> = new Set([
  'token-missing',
  'token-invalid',
  'token-expired',
]);

/** Whether nothing is saved any more since the token is no longer good, and all can be with another one. */
export function isWithoutToken({
  state,
  access,
}: Pick<Circumstances, 'state' | 'access'>): boolean {
  return (
    state.status === 'refused' &&
    TOKEN_CODES.has(state.problem.code) &&
    access.state === 'read-write'
  );
}

/** Says how a document is. */
export function situationOf(circumstances: Circumstances): Situation {
  const { state, access, saveState, halt } = circumstances;
  if (halt === 'failed') return failed(circumstances);
  // A newer page may know them.
  const isOutdated = access.state === 'read-only' && access.because === 'schema-outdated';
  if (halt === 'unknown-parts' && state.status !== 'refused') {
    return isOutdated ? readOnly(access.because, circumstances) : partly(circumstances);
  }
  switch (state.status) {
    case 'refused':
      return refused(state.problem.code, state.problem.message, circumstances);
    case 'offline':
      return offline(state.problem, circumstances);
    case 'live':
      if (access.state === 'read-only') return readOnly(access.because, circumstances);
      if (saveState.state === 'saved') return { status: 'saved', label: 'Saved' };
      if (!state.stuck) return { status: 'saving', label: 'Saving…' };
      return {
        status: 'saving',
        label: 'Saving…',
        message: `The server takes long to answer. ${keeping(circumstances)}`,
      };
    case 'syncing':
      if (!state.stuck) return { status: 'connecting', label: 'Loading…' };
      return {
        status: 'connecting',
        label: 'Loading…',
        message: 'The server takes long to send this document.',
      };
    case 'connecting':
    case 'authenticating':
      break;
  }
  return { status: 'connecting', label: 'Connecting…' };
}

function failed(of: Circumstances): Situation {
  return {
    status: 'read-only',
    label: 'Read-only',
    message: `Something went wrong while showing this document. Nothing more is written. Reload the page.${unsent(of)}`,
    remedy: 'reload',
  };
}

function partly(of: Circumstances): Situation {
  const message = `This document has parts that this page cannot show. It is read-only here, so that nothing is lost.${unsent(of)}`;
  return of.state.status === 'offline'
    ? { status: 'offline', label: 'Offline', message, remedy: 'try-again' }
    : { status: 'read-only', label: 'Read-only', message };
}

function offline(problem: { code: string; message: string }, of: Circumstances): Situation {
  // Without a code the connection just broke off.
  const cause =
    problem.code === '' ? 'The server cannot be reached.' : `You are offline: ${problem.message}.`;
  return {
    status: 'offline',
    label: 'Offline',
    message: `${cause} ${keeping(of)}`,
    remedy: 'try-again',
  };
}

/** Where unsaved work is, and how much of it there is. */
function keeping({ saveState, keepsCopy }: Circumstances): string {
  const { unsavedBytes } = saveState;
  const place = placeOf(keepsCopy);
  return unsavedBytes === 0
    ? `Everything so far is saved. What you change now is kept ${place}.`
    : `${size(unsavedBytes)} of changes is not saved yet; it is kept ${place}, and sent later.`;
}

function placeOf(keepsCopy: boolean): string {
  return keepsCopy ? 'in this browser' : 'in this page only (so do not close it)';
}

/** What to add where there is something that was not sent. */
function unsent({ saveState, keepsCopy }: Circumstances): string {
  return saveState.unsavedBytes === 0
    ? ''
    : ` What you changed and was not sent is kept ${placeOf(keepsCopy)}.`;
}

function size(bytes: number): string {
  if (bytes < 1000) return 'Less than 1 kB';
  if (bytes < 1e6) return `${Math.round(bytes / 1000)} kB`;
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

const READ_ONLY: Record<ReadOnlyReason, string> = {
  rights: 'You can read this, and not change it: you have no right to write here.',
  'schema-outdated':
    'This was written with a newer version of this page. Reload the page to go on writing.',
  'update-too-large':
    'You can only read this now: a change was larger than the server takes at once.',
  'document-too-large':
    'You can only read this now: it is as large as the server allows. Go on in a new document.',
  'too-many-new-documents':
    'You can only read this now: too many documents were begun lately. Try again later.',
  'storage-quota-exceeded':
    'You can only read this now: too much was stored lately. Try again later.',
};

function readOnly(because: ReadOnlyReason, of: Circumstances): Situation {
  // Where everybody may read, somebody whose token expired goes on as one of them.
  if (because === 'rights' && of.couldWrite) {
    return {
      status: 'read-only',
      label: 'Read-only',
      message: `${READ_ONLY.rights} If your token has expired, enter another one.${unsent(of)}`,
      remedy: 'show-token',
    };
  }
  return {
    status: 'read-only',
    label: 'Read-only',
    message: READ_ONLY[because] + unsent(of),
    ...(because === 'schema-outdated' && { remedy: 'reload' }),
  };
}

/** What the client is to do about each code stands in docs/errors.md. */
function refused(code: string, text: string, of: Circumstances): Situation {
  const base = { status: 'refused', label: 'Refused' } as const;
  const rest = unsent(of);
  if (isWithoutToken(of)) {
    const what =
      code === 'token-expired'
        ? 'Your token has expired, so nothing is saved any more.'
        : 'The server does not accept your token, so nothing is saved any more.';
    return {
      status: 'refused',
      label: 'Not saved',
      message: `${what} What you type is kept ${placeOf(of.keepsCopy)}, and sent when you enter a new one.`,
      remedy: 'show-token',
    };
  }
  switch (code) {
    case 'token-missing':
      return {
        ...base,
        message: `This server wants to know who you are. Enter the token that you were given.${rest}`,
        remedy: 'show-token',
      };
    case 'token-invalid':
    case 'token-expired':
      return {
        ...base,
        message: `The server does not accept your token${code === 'token-expired' ? ' any more: its time is over' : ''}. Enter another one.${rest}`,
        remedy: 'show-token',
      };
    case 'access-denied':
      return {
        ...base,
        message: `You have no access to this document. Ask whoever runs this server, and try again.${rest}`,
        remedy: 'try-again',
      };
    case 'document-deleted':
      return { ...base, message: 'This document was deleted.', remedy: 'leave' };
    case 'schema-unsupported':
    case 'version-unsupported':
      return {
        ...base,
        message: `The server needs another version of this page. Reload it.${rest}`,
        remedy: 'reload',
      };
    case 'too-many-connections':
    case 'too-many-documents':
      return {
        ...base,
        message: `Too much is open at once. Close other windows with documents, and try again.${rest}`,
        remedy: 'try-again',
      };
    default:
      return { ...base, message: `The server said no: ${text}.${rest}`, remedy: 'try-again' };
  }
}
