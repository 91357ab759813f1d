export { mergeUpdates } from './admin/content.ts';
export { decodeDocumentFile, encodeDocumentFile } from './admin/document-file.ts';
export type * from './admin/operator.ts';
export { type LiveDocuments, StoreOperator } from './admin/store-operator.ts';
export { Compactor } from './compaction/compactor.ts';
export { type Pace, Sweep } from './compaction/sweep.ts';
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
export { type ServerOptions, type SyncServer, startServer } from './server.ts';
