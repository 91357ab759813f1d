import type { Camera } from '../camera.ts';
import type { Drag } from '../drag.ts';
import type { Box, Point } from '../geometry.ts';
import type { ColorName } from '../palette.ts';
import type { Scene } from '../scene.ts';
import type { Selection } from '../selection.ts';
import type { Fill, Kind, Shape } from '../shape.ts';
import type { BoardStore } from '../store.ts';

export type ToolName = 'select' | 'hand' | Kind;

/** A pointer that is pressed, moved or lifted. */
export interface Press {
  /** Where, on the board. */
  readonly point: Point;
  /** Where, in the window, in CSS pixels. */
  readonly screen: Point;
  readonly isShift: boolean;
  readonly isTouch: boolean;
}

/** What pointers do on the board. Two fingers, the wheel and the middle button never come here. */
export interface Tool {
  /** The CSS cursor over the board. */
  readonly cursor: string;
  down(press: Press): void;
  /**
   * While it is pressed.
   * @param trail the places since the last call, this one included
   */
  move(press: Press, trail: readonly Point[]): void;
  up(press: Press): void;
  /** Puts down what is in hand as it was. */
  cancel(): void;
  /** While nothing is pressed: the cursor to show there. */
  hover?(press: Press): string;
  doubleClick?(press: Press): void;
}

/** What the next shape looks like. */
export interface Style {
  readonly color: ColorName;
  readonly fill: Fill;
}

/** What tools work with. */
export interface Desk {
  readonly store: BoardStore;
  readonly selection: Selection;
  readonly camera: Camera;
  readonly scene: Scene;
  readonly style: Style;
  /**
   * Takes something in hand; the others see it.
   * @param told what they see of it, if that is to be less
   */
  take(drag: Drag, told?: Drag): void;
  /**
   * Nothing is in hand any more.
   * @param isDone it is in the document now; otherwise it was put down as it was
   */
  drop(isDone: boolean): void;
  /** Shows what is being selected by area. */
  showArea(area: Box | undefined): void;
  choose(tool: ToolName): void;
  /** Opens the text field on a shape; one that is not in the document comes there with its first letter. */
  edit(shape: Shape): void;
  say(text: string): void;
}
