import { type Commanded, commandOf } from './commands.ts';
import { icon } from './icons.ts';

/** The buttons that download a picture, in a list that opens. */
export function showMenu(menu: HTMLElement, board: Commanded): void {
  const summary = menu.querySelector('summary');
  if (summary !== null) summary.innerHTML = icon('download');
  for (const id of ['png', 'svg']) {
    const { title } = commandOf(id);
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = title;
    button.addEventListener('click', () => {
      commandOf(id).run(board);
      menu.removeAttribute('open');
    });
    menu.querySelector('div')?.append(button);
  }
  document.addEventListener('pointerdown', ({ target }) => {
    if (target instanceof Node && !menu.contains(target)) menu.removeAttribute('open');
  });
  menu.addEventListener('keydown', ({ key }) => {
    if (key === 'Escape') menu.removeAttribute('open');
  });
}
