/** `@syncline/server/access`: who somebody is, what they may do, and how much of it. */
export {
  type Authenticate,
  type AuthenticationRequest,
  createCustomAuthenticator,
} from './identity/custom.ts';
export type * from './identity/identity.ts';
export {
  createJwtAuthenticator,
  JWT_ALGORITHMS,
  type JwtAlgorithm,
  type JwtOptions,
} from './identity/jwt.ts';
export { mintToken, type TokenOptions } from './identity/mint-token.ts';
export { openAuthenticator } from './identity/open.ts';
export { DEFAULT_LIMITS, type Limits } from './limits.ts';
export {
  checkRules,
  defaultRules,
  positionIn,
  type RuleProblem,
  type RuleSource,
  Rules,
} from './rules/rules.ts';
