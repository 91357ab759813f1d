import { type ErrorCode, SyncError } from '@syncline/protocol';

/** What a server refused, as an error; its code may be one of a newer server. */
export function refusalOf(code: string, message: string): SyncError {
  return new SyncError(code as ErrorCode, message);
}
