import type { PresenceOptions } from '@syncline/bindings';
import {
  type ConnectionOptions,
  type DocumentOptions,
  SynclineProvider as DocumentProvider,
  type SynclineConnection,
} from '@syncline/client';
import type * as Y from 'yjs';

/** A provider of your own, which you close yourself. */
export interface ReadyProvider {
  readonly provider: DocumentProvider;
  readonly token?: never;
}

/** A document, and where it is: its provider is made when the component is on the page. */
export type DocumentProps = Omit<DocumentOptions, 'doc' | 'awareness' | 'connect'> & {
  readonly provider?: never;
} & (
    | { readonly connection: SynclineConnection; readonly token?: never }
    | (Omit<ConnectionOptions, 'schemaVersion'> & { readonly connection?: never })
  );

/** Which document the hooks work on. */
export type SourceProps = (ReadyProvider | DocumentProps) & {
  /** Makes a state of what somebody else sent, or undefined to leave them out of `useOthers`. */
  readonly parsePresence?: PresenceOptions<object>['parse'];
};

/**
 * What makes another provider of another document when it changes; all else may be another object each time.
 * Options that hold numbers and words count by what is in them.
 */
export function identityOf(props: SourceProps): readonly unknown[] {
  if (props.provider !== undefined) return [props.provider];
  const { documentId, connection, schema, subdocuments } = props;
  const document = [
    documentId,
    schema?.version,
    schema?.min,
    typeof subdocuments === 'function' || subdocuments,
  ];
  if (connection !== undefined) return [connection, ...document];
  const { url, transports, tabs } = props;
  return [url, transports?.join(), tabs, ...document];
}

/**
 * The provider of a document. What the application gives as functions is looked up at each call, so that they can
 * be others with each render.
 *
 * @param latest what the component was given last
 * @throws SyncError `document-id-invalid`; TypeError for a URL that is none of a server
 */
export function provide(doc: Y.Doc, latest: () => DocumentProps): DocumentProvider {
  const { documentId, offline, schema, replay, subdocuments, ...where } = latest();
  const document: DocumentOptions = {
    documentId,
    doc,
    offline,
    schema,
    replay,
    subdocuments:
      typeof subdocuments === 'function'
        ? (guid, parentId) => nameOf(latest(), guid, parentId)
        : subdocuments,
  };
  if (where.connection !== undefined) {
    return new DocumentProvider({ ...document, connection: where.connection });
  }
  const { url, transports, tabs } = where;
  return new DocumentProvider({
    ...document,
    url,
    transports,
    tabs,
    token: () => tokenOf(latest()),
  });
}

function tokenOf(props: DocumentProps): string | Promise<string> {
  if (props.connection !== undefined) return '';
  const { token = '' } = props;
  return typeof token === 'function' ? token() : token;
}

function nameOf({ subdocuments }: DocumentProps, guid: string, parentId: string): string {
  // It is a function as long as the provider is the same.
  return typeof subdocuments === 'function' ? subdocuments(guid, parentId) : `${parentId}/${guid}`;
}
