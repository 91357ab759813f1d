import type { IncomingMessage } from 'node:http';
import { type DocumentId, SyncError } from '@syncline/protocol';
import { bearerOf, type Gate } from '../gate.ts';
import type { Policy } from '../policy.ts';
import { refusalOf } from './access.ts';

/** Who may do an operator's work. */
export class Guard {
  readonly #policy: Policy;
  readonly #gate: Gate;

  constructor(policy: Policy, gate: Gate) {
    this.#policy = policy;
    this.#gate = gate;
  }

  /**
   * With authentication: who has a token with the right `admin`. Without: programs on this machine.
   * What is there and what is not are refused alike.
   * @param documentId undefined for what concerns the whole server: that takes a rule for `**`.
   * @throws SyncError `admin-refused`, `token-missing`, `token-invalid`, `token-expired`
   */
  async mustAdmit(request: IncomingMessage, documentId?: DocumentId): Promise<void> {
    if (!this.#policy.isAuthenticating) {
      const refusal = refusalOf(callerOf(request));
      if (refusal !== undefined) throw new SyncError('admin-refused', refusal);
      return;
    }
    this.#gate.mustBeWelcome(request);
    const facts = this.#gate.factsOf(request);
    const identity = await this.#policy.authenticate(bearerOf(request.headers), facts);
    const isAdmin =
      documentId === undefined
        ? this.#policy.isAdmin(identity, facts)
        : this.#policy.rightsOf(identity, documentId, facts).admin;
    if (!isAdmin) throw new SyncError('admin-refused', 'this needs the right "admin"');
  }
}

function callerOf({ headers, socket }: IncomingMessage) {
  const { host, origin } = headers;
  return {
    address: socket.remoteAddress,
    host,
    origin,
    secFetchSite: headers['sec-fetch-site']?.toString(),
    isForwarded: ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'].some(
      (name) => headers[name] !== undefined,
    ),
  };
}
