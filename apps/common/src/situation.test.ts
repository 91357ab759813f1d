import { describe, expect, it } from 'vitest';
import { type Circumstances, situationOf } from './situation.ts';

const LIVE: Circumstances = {
  state: { status: 'live', stuck: false },
  access: { state: 'read-write' },
  saveState: { state: 'saved', unsavedBytes: 0 },
  keepsCopy: true,
  couldWrite: true,
  halt: undefined,
};
const problem = (code: string) => ({ code, message: 'the reason' });
const unsaved = (unsavedBytes: number) => ({ state: 'offline', unsavedBytes }) as const;

describe('a situation', () => {
  it('has no message while all is as it should be', () => {
    expect(situationOf(LIVE)).toEqual({ status: 'saved', label: 'Saved' });
    const saveState = { state: 'saving', unsavedBytes: 9 } as const;
    expect(situationOf({ ...LIVE, saveState })).toEqual({ status: 'saving', label: 'Saving…' });
  });

  it('is never called saved while something is unsaved', () => {
    for (const status of ['connecting', 'authenticating', 'live'] as const) {
      const state = status === 'live' ? ({ status, stuck: true } as const) : ({ status } as const);
      expect(situationOf({ ...LIVE, state, saveState: unsaved(1) }).status).not.toBe('saved');
    }
  });

  it.each([
    [0, 'Everything so far is saved.'],
    [1, 'Less than 1 kB of changes is not saved yet'],
    [1_499, '1 kB of changes is not saved yet'],
    [2_340_000, '2.3 MB of changes is not saved yet'],
  ])('says offline that %d bytes are unsaved', (bytes, words) => {
    const state = { status: 'offline', problem: problem('') } as const;
    const { message } = situationOf({ ...LIVE, state, saveState: unsaved(bytes) });
    expect(message).toContain(words);
    expect(message).toContain('in this browser');
  });

  it('says that the page must stay open when no copy is kept', () => {
    const state = { status: 'offline', problem: problem('') } as const;
    const { message } = situationOf({ ...LIVE, state, saveState: unsaved(1), keepsCopy: false });
    expect(message).toContain('in this page only (so do not close it)');
  });

  it.each([
    ['token-missing', 'show-token'],
    ['token-invalid', 'show-token'],
    ['token-expired', 'show-token'],
    ['access-denied', 'try-again'],
    ['document-deleted', 'leave'],
    ['schema-unsupported', 'reload'],
    ['too-many-connections', 'try-again'],
    ['something-new', 'try-again'],
  ])('that is refused for %s has the remedy %s', (code, remedy) => {
    const state = { status: 'refused', problem: problem(code) } as const;
    const access = { state: 'unknown' } as const;
    for (const circumstances of [LIVE, { ...LIVE, access }]) {
      expect(situationOf({ ...circumstances, state })).toMatchObject({ status: 'refused', remedy });
    }
  });

  it('says that nothing is saved any more when a token expires that was good before', () => {
    const state = { status: 'refused', problem: problem('token-expired') } as const;
    expect(situationOf({ ...LIVE, state })).toMatchObject({
      label: 'Not saved',
      message:
        'Your token has expired, so nothing is saved any more. What you type is kept in this browser, and sent when you enter a new one.',
    });
    const alone = situationOf({ ...LIVE, state, keepsCopy: false });
    expect(alone.message).toContain('kept in this page only (so do not close it)');
    const access = { state: 'unknown' } as const;
    expect(situationOf({ ...LIVE, state, access }).label).toBe('Refused');
  });

  it('that is read-only says why, and that unsent work is kept', () => {
    const access = { state: 'read-only', because: 'rights' } as const;
    const circumstances = { ...LIVE, access, saveState: unsaved(10) };
    const why = 'You can read this, and not change it: you have no right to write here.';
    const kept = 'What you changed and was not sent is kept in this browser.';
    const never = situationOf({ ...circumstances, couldWrite: false });
    expect(never.message).toBe(`${why} ${kept}`);
    expect(never.remedy).toBe(undefined);
    const before = situationOf(circumstances);
    expect(before.message).toBe(`${why} If your token has expired, enter another one. ${kept}`);
    expect(before.remedy).toBe('show-token');
  });

  it('that the page itself brought about says so, whatever the server says', () => {
    const failed = situationOf({ ...LIVE, halt: 'failed', saveState: unsaved(10) });
    expect(failed).toMatchObject({ status: 'read-only', remedy: 'reload' });
    expect(failed.message).toBe(
      'Something went wrong while showing this document. Nothing more is written. Reload the page. What you changed and was not sent is kept in this browser.',
    );
    const partly = situationOf({ ...LIVE, halt: 'unknown-parts' });
    expect(partly).toEqual({
      status: 'read-only',
      label: 'Read-only',
      message:
        'This document has parts that this page cannot show. It is read-only here, so that nothing is lost.',
    });
    const state = { status: 'offline', problem: problem('') } as const;
    expect(situationOf({ ...LIVE, halt: 'unknown-parts', state }).status).toBe('offline');
    const access = { state: 'read-only', because: 'schema-outdated' } as const;
    expect(situationOf({ ...LIVE, halt: 'unknown-parts', access }).remedy).toBe('reload');
    const refused = { status: 'refused', problem: problem('access-denied') } as const;
    expect(situationOf({ ...LIVE, halt: 'unknown-parts', state: refused }).status).toBe('refused');
  });
});
