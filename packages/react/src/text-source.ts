import * as Y from 'yjs';
import type { Source } from './use-selected.ts';

/** One for each text, for all components. It lives as long as its text. */
const sources = new WeakMap<Y.Text, Source<string>>();

/** A text as a string with `\n` for all line ends, which is put together once after a change. @throws TypeError when it is none, or of another copy of Yjs */
export function textSource(text: Y.Text): Source<string> {
  if (!(text instanceof Y.Text)) {
    throw new TypeError(
      'useText needs a Y.Text, and not one of another copy of Yjs: load Yjs once, with import everywhere',
    );
  }
  let source = sources.get(text);
  if (source === undefined) {
    let value: string | undefined;
    text.observe(() => {
      value = undefined;
    });
    source = {
      subscribe: (listener) => {
        text.observe(listener);
        return () => text.unobserve(listener);
      },
      get: () => {
        value ??= text.toString().replaceAll(/\r\n?/g, '\n');
        return value;
      },
      empty: '',
    };
    sources.set(text, source);
  }
  return source;
}
