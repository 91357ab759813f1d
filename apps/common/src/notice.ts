import type { SynclineProvider } from '@syncline/client';
import type { Guard } from './guard.ts';
import type { Situation } from './situation.ts';
import { onSituation } from './status.ts';
import { keepToken } from './token.ts';

/** A server that restarts is back sooner; nobody needs to read of that. */
const PATIENCE_MS = 800;

/**
 * Says in an element below the bar what stands in the way of working on the document, what becomes of the
 * user's work, and what can be done. It is hidden as long as nothing does.
 */
export function showNotice(element: HTMLElement, provider: SynclineProvider, guard: Guard): void {
  let shown: Situation | undefined;
  let waiting: Situation | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const text = element.querySelector('p') ?? element.appendChild(document.createElement('p'));
  const show = (situation: Situation) => {
    const isSameRemedy = shown?.status === situation.status && shown.remedy === situation.remedy;
    shown = situation;
    element.hidden = situation.message === undefined;
    element.dataset['state'] = situation.status;
    // Screen readers read it again otherwise.
    if (text.textContent !== situation.message) text.textContent = situation.message ?? '';
    // What is typed into it stays.
    const submit = element.querySelector<HTMLButtonElement>('.remedy [type=submit]');
    if (submit !== null) submit.disabled = false;
    if (!isSameRemedy) {
      element.querySelector('.remedy')?.remove();
      const remedy = remedyOf(situation, provider, text);
      if (remedy !== undefined) element.append(remedy);
    }
  };
  onSituation(provider, guard, (situation) => {
    const isQuiet = situation.status === 'connecting' && situation.message === undefined;
    // While it tries again, what was said stays: it would flicker.
    if (isQuiet && (timer !== undefined || !element.hidden)) return;
    waiting = situation;
    if (situation.status !== 'offline' || !element.hidden) {
      clearTimeout(timer);
      timer = undefined;
      show(situation);
    } else {
      timer ??= setTimeout(() => {
        timer = undefined;
        if (waiting !== undefined) show(waiting);
      }, PATIENCE_MS);
    }
  });
}

function remedyOf(
  { remedy }: Situation,
  provider: SynclineProvider,
  text: HTMLElement,
): HTMLElement | undefined {
  switch (remedy) {
    case 'try-again':
      return button('Try again', () => provider.connect());
    case 'reload':
      return button('Reload', () => location.reload());
    case 'leave':
      return button('All documents', () => location.assign('/'));
    case 'show-token':
      return tokenForm(provider, text);
    case undefined:
      break;
  }
  return undefined;
}

function button(label: string, act: () => void): HTMLElement {
  const element = document.createElement('button');
  element.type = 'button';
  element.className = 'remedy';
  element.textContent = label;
  element.addEventListener('click', act);
  return element;
}

/** Shows another token to the server. The page stays, with all that was typed into it. */
function tokenForm(provider: SynclineProvider, text: HTMLElement): HTMLElement {
  const form = document.createElement('form');
  form.className = 'remedy';
  const input = document.createElement('input');
  input.type = 'password';
  input.autocomplete = 'off';
  input.required = true;
  input.placeholder = 'Token';
  input.setAttribute('aria-label', 'Token');
  const submit = document.createElement('button');
  submit.type = 'submit';
  submit.textContent = 'Enter';
  form.append(input, submit);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    keepToken(input.value.trim());
    submit.disabled = true;
    // What follows is read out, be it the same again.
    text.textContent = 'Showing the token to the server…';
    if (provider.state.status !== 'refused') provider.disconnect();
    provider.connect();
  });
  return form;
}
