import { readAuthMessage } from 'y-protocols/auth';
import type { WebsocketProvider } from 'y-websocket';

/** The type of the message by which the server says that something was refused. */
const AUTH = 2;

/** Close codes from 4400 to 4499 are final: the stock provider does not come back after one. */
const FINAL_FROM = 4400;
const FINAL_TO = 4499;

const TEXTS = {
  connecting: 'Connecting…',
  synced: 'Connected',
  offline: 'Offline — changes are sent when the server is back',
  refused: 'Refused',
} as const;

/** Shows in words and colour whether what is typed here reaches the server. */
export function showConnectionState(element: HTMLElement, provider: WebsocketProvider): void {
  const show = (state: keyof typeof TEXTS, text: string = TEXTS[state]) => {
    element.dataset['state'] = state;
    element.textContent = text;
    element.title = text;
  };
  let wasSynced = false;
  provider.on('sync', (synced: boolean) => {
    wasSynced ||= synced;
    if (synced) show('synced');
  });
  provider.messageHandlers[AUTH] = (_encoder, decoder) => {
    readAuthMessage(decoder, provider.doc, (_doc, reason) => show('refused', `Refused: ${reason}`));
  };
  provider.on('connection-close', (event) => {
    if (event !== null && event.code >= FINAL_FROM && event.code <= FINAL_TO) {
      show('refused', `Refused: ${event.reason || event.code}`);
    } else {
      show(wasSynced ? 'offline' : 'connecting');
    }
  });
}
