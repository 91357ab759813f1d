import './page.ts';
import { render } from '@testing-library/react';
import { describe, expect, it, vi } from 'vitest';
import * as Y from 'yjs';
import * as hooks from '../src/index.ts';

const text = new Y.Doc().getText();

const calls: Record<string, () => unknown> = {
  useDocument: () => hooks.useDocument(),
  useText: () => hooks.useText('text'),
  useMap: () => hooks.useMap('map'),
  useOthers: () => hooks.useOthers(),
  useSelf: () => hooks.useSelf(),
  useBroadcast: () => hooks.useBroadcast('topic'),
  useSaveState: () => hooks.useSaveState(),
  useConnectionState: () => hooks.useConnectionState(),
};

describe('a hook without a <SynclineProvider> above it', () => {
  it.each(Object.entries(calls))('throws an error that says so: %s', (name, call) => {
    vi.spyOn(console, 'error').mockImplementation(() => {});
    function Lost() {
      call();
      return null;
    }
    expect(() => render(<Lost />)).toThrow(
      `${name} was called in a component that has no <SynclineProvider> above it`,
    );
    vi.restoreAllMocks();
  });

  it('works where it needs none: useUndo', () => {
    function Undoing() {
      return <b>{String(hooks.useUndo(text).canUndo)}</b>;
    }
    expect(render(<Undoing />).container.textContent).toBe('false');
  });

  it('is each hook', () => {
    expect(new Set(['useUndo', ...Object.keys(calls)])).toEqual(
      new Set(Object.keys(hooks).filter((name) => name.startsWith('use'))),
    );
  });
});
