import type { IncomingMessage } from 'node:http';
import { WebSocket as Ws } from 'ws';
import type { LinkEnd } from './link.ts';
import { refusalOf } from './refusal.ts';
import type { WebSocketConstructor } from './web-socket.ts';

/** More of a refusal is not read, in characters. */
const MAX_REFUSAL = 4_096;

/** That of Node 22 and later has no way to see why a server refuses. */
class NodeWebSocket extends Ws {
  refusal: LinkEnd | undefined;

  constructor(url: string, subprotocol: string) {
    super(url, subprotocol, { perMessageDeflate: false });
    // Without a listener it would be thrown, also after the link has let go.
    this.on('error', () => {});
    this.on('unexpected-response', (_request, response) => this.#refuse(response));
  }

  #refuse(response: IncomingMessage): void {
    let body = '';
    response.setEncoding('utf8');
    response.on('error', () => {}); // then it closes
    response.on('data', (text: string) => {
      body += text;
      if (body.length > MAX_REFUSAL) response.destroy();
    });
    response.on('close', () => {
      const { statusCode = 0, headers } = response;
      this.refusal = refusalOf(statusCode, body, headers['retry-after']);
      this.terminate();
    });
  }
}

/** ws has all of the interface that links use. */
export const WebSocket = NodeWebSocket as unknown as WebSocketConstructor;
