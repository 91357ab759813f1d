import { Annotation, type Extension, type Range } from '@codemirror/state';
import {
  Decoration,
  type DecorationSet,
  type EditorView,
  ViewPlugin,
  type ViewUpdate,
  WidgetType,
} from '@codemirror/view';
import type { Guard } from '@syncline/app-common/guard';
import type { User } from '@syncline/app-common/user';
import type { Awareness } from 'y-protocols/awareness';
import { createWriters, placeIn, resolve } from '../caret.ts';
import { caretElement } from '../caret-element.ts';
import type { TextBinding } from './text-binding.ts';

/** As y-codemirror.next names them. */
const CLASSES = { caret: 'cm-ySelectionCaret', name: 'cm-ySelectionInfo' };

/** Where the others are, or who they are, has changed. */
const othersMoved = Annotation.define<true>();

/** Shows where the others are, with their names; and tells them where this one is. */
export function carets(binding: TextBinding, awareness: Awareness, guard: Guard): Extension {
  return ViewPlugin.define((view) => new Carets(view, binding, awareness, guard), {
    decorations: ({ decorations }) => decorations,
  });
}

class Carets {
  decorations: DecorationSet = Decoration.none;
  readonly #binding: TextBinding;
  readonly #writers;

  constructor(view: EditorView, binding: TextBinding, awareness: Awareness, guard: Guard) {
    this.#binding = binding;
    this.#writers = createWriters(awareness, 'text');
    let known = this.#writers.others;
    this.#writers.subscribe(() => {
      // Own moves are made in the middle of an update.
      if (this.#writers.others === known) return;
      known = this.#writers.others;
      guard.run(() => view.dispatch({ annotations: othersMoved.of(true) }));
    });
    this.decorations = this.#drawn(view);
  }

  update(update: ViewUpdate): void {
    const { view, docChanged, selectionSet, focusChanged, transactions } = update;
    if (docChanged || selectionSet || focusChanged) this.#tell(view);
    if (docChanged || transactions.some((one) => one.annotation(othersMoved) === true)) {
      this.decorations = this.#drawn(view);
    }
  }

  destroy(): void {
    this.#writers.close();
  }

  #tell({ hasFocus, state }: EditorView): void {
    if (!hasFocus) return;
    const { text, breaks } = this.#binding;
    const { anchor, head } = state.selection.main;
    this.#writers.update({
      cursor: {
        anchor: placeIn(text, breaks.toContent(anchor)),
        head: placeIn(text, breaks.toContent(head)),
      },
    });
  }

  #drawn({ state }: EditorView): DecorationSet {
    const { text, breaks } = this.#binding;
    const ranges: Range<Decoration>[] = [];
    for (const { state: writer } of this.#writers.others) {
      if (writer.cursor === undefined || text.doc === null) continue;
      const anchor = resolve(writer.cursor.anchor, text.doc, text);
      const head = resolve(writer.cursor.head, text.doc, text);
      if (anchor?.type !== text || head?.type !== text) continue;
      const [start, end] = [breaks.toShown(anchor.index), breaks.toShown(head.index)];
      if (Math.max(start, end) > state.doc.length) continue;
      if (start !== end) {
        ranges.push(selected(writer.user).range(Math.min(start, end), Math.max(start, end)));
      }
      const widget = new Caret(writer.user);
      // Beside the selection, not within it.
      ranges.push(Decoration.widget({ widget, side: end > start ? -1 : 1 }).range(end));
    }
    return Decoration.set(ranges, true);
  }
}

function selected({ colorLight }: User): Decoration {
  return Decoration.mark({
    class: 'cm-ySelection',
    attributes: { style: `background: ${colorLight}` },
  });
}

class Caret extends WidgetType {
  readonly #user: User;

  constructor(user: User) {
    super();
    this.#user = user;
  }

  override eq(other: Caret): boolean {
    return other.#user.name === this.#user.name && other.#user.color === this.#user.color;
  }

  override toDOM(): HTMLElement {
    return caretElement(this.#user, CLASSES);
  }

  override get estimatedHeight(): number {
    return -1;
  }

  override ignoreEvent(): boolean {
    return true;
  }
}
