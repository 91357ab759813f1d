import { ANONYMOUS, type Authenticator } from './identity.ts';

/** Where no authentication is configured: everybody is anonymous, whatever they show. */
export const openAuthenticator: Authenticator = {
  allowsAnonymous: true,
  authenticate: () => Promise.resolve(ANONYMOUS),
};
