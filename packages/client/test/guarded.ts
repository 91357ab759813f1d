import { createJwtAuthenticator, mintToken, type RuleSource, Rules } from '@syncline/server/access';
import { type Harness, serve } from './harness.ts';

const SECRET = 'a secret of at least thirty-two bytes';

export const EVERYTHING: RuleSource = {
  document: '**',
  read: 'true',
  write: 'true',
  awareness: 'true',
  broadcast: 'true',
};

export interface GuardedHarness extends Harness {
  /** Puts other rules in force while the server runs. */
  readonly setRules: (...rules: RuleSource[]) => Promise<void>;
}

/** A server that knows who somebody is by tokens of {@link tokenOf}. */
export async function serveGuarded(...rules: RuleSource[]): Promise<GuardedHarness> {
  let current = rules;
  const harness = await serve({
    authenticator: createJwtAuthenticator({ secret: SECRET, clockToleranceSeconds: 0 }),
    rules: Rules.from(rules),
    reload: async () => await Promise.resolve({ rules: Rules.from(current) }),
  });
  return {
    ...harness,
    setRules: async (...next) => {
      current = next;
      await harness.server.reload();
    },
  };
}

export async function tokenOf(user: string, ttlSeconds = 600): Promise<string> {
  return await mintToken({ secret: SECRET, user, ttlSeconds, claims: {} });
}
