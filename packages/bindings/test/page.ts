import * as Y from 'yjs';
import { bindText, type TextBinding } from '../src/index.ts';

/** What a test does in the page. */
class App {
  readonly field: HTMLTextAreaElement | HTMLInputElement;
  readonly deltas: unknown[] = [];
  readonly #doc = new Y.Doc();
  readonly #text = this.#doc.getText('text');
  readonly #binding: TextBinding;

  constructor(kind: 'textarea' | 'input', content: string) {
    this.#text.insert(0, content);
    this.field = document.createElement(kind);
    this.field.style.height = '40px';
    document.body.replaceChildren(this.field);
    this.#binding = bindText(this.#text, this.field);
    this.#text.observe(({ delta }) => this.deltas.push(delta));
    this.field.focus();
  }

  get state(): { text: string; value: string; selection: unknown[] } {
    const { value, selectionStart, selectionEnd, selectionDirection } = this.field;
    const selection = [selectionStart, selectionEnd, selectionDirection];
    return { text: this.#text.toString(), value, selection };
  }

  /** What somebody else puts in. */
  insert(index: number, inserted: string): void {
    const other = new Y.Doc();
    Y.applyUpdate(other, Y.encodeStateAsUpdate(this.#doc));
    other.getText('text').insert(index, inserted);
    Y.applyUpdate(this.#doc, Y.encodeStateAsUpdate(other), 'network');
  }

  close(): void {
    this.#binding.close();
  }
}

declare global {
  interface Window {
    app: App;
    App: typeof App;
  }
}
window.App = App;
