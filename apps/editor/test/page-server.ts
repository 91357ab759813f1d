import { fileURLToPath } from 'node:url';
import type { ServerOptions } from '@syncline/server';
import { createJwtAuthenticator, mintToken, type RuleSource, Rules } from '@syncline/server/access';
import { type Harness, serve } from '../../../packages/client/test/harness.ts';

const PAGES = fileURLToPath(new URL('../../../packages/cli/public', import.meta.url));
const SECRET = 'a secret of at least thirty-two bytes';

/** A server of the built pages in this process, which goes when the test ends. */
export async function servePages(options: Partial<ServerOptions> = {}): Promise<Harness> {
  return await serve({ pages: PAGES, ...options });
}

export interface GuardedPages extends Harness {
  /** Puts other rules in force while the server runs. */
  readonly setRules: (...rules: RuleSource[]) => Promise<void>;
}

/** One that wants tokens of {@link tokenOf}. */
export async function serveGuardedPages(...rules: RuleSource[]): Promise<GuardedPages> {
  let current = rules;
  const harness = await servePages({
    authenticator: createJwtAuthenticator({ secret: SECRET, clockToleranceSeconds: 0 }),
    rules: Rules.from(rules),
    reload: async () => await Promise.resolve({ rules: Rules.from(current) }),
  });
  const setRules = async (...next: RuleSource[]) => {
    current = next;
    await harness.server.reload();
  };
  return { ...harness, setRules };
}

export async function tokenOf(user: string): Promise<string> {
  return await mintToken({ secret: SECRET, user, ttlSeconds: 600, claims: {} });
}
