import { type Commanded, commandFor } from './commands.ts';

/** What keys lead to, apart from commands. */
export interface KeyTarget extends Commanded {
  /** While the space bar is held, everything pans. */
  holdSpace(isHeld: boolean): void;
  /** Selects the next shape; returns false when there is none, and the focus goes on. */
  selectNext(isBackward: boolean): boolean;
}

/** Listens to the keyboard. */
export function listenToKeys(stage: HTMLElement, target: KeyTarget): void {
  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || isElsewhere(event.target)) return;
    const isOnBoard = event.target === stage || event.target === document.body;
    if (event.key === ' ' && isOnBoard) {
      event.preventDefault();
      if (!event.repeat) target.holdSpace(true);
      return;
    }
    if (event.key === 'Tab' && event.target === stage) {
      if (target.selectNext(event.shiftKey)) event.preventDefault();
      return;
    }
    const command = commandFor(event);
    if (command === undefined || command.isByEvent === true) return;
    // Enter and arrows belong to the button that has the focus.
    if (!isOnBoard && /^(Enter|Arrow)/.test(event.key)) return;
    event.preventDefault();
    command.run(target);
  });
  document.addEventListener('keyup', (event) => {
    if (event.key === ' ') target.holdSpace(false);
  });
  addEventListener('blur', () => target.holdSpace(false));
}

/** Somebody types a name, or reads the help. */
function isElsewhere(target: EventTarget | null): boolean {
  if (!(target instanceof Element)) return false;
  return target.closest('input, textarea, select, dialog, [contenteditable]') !== null;
}
