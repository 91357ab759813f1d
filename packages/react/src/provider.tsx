import { type ReactNode, useEffect, useRef, useState } from 'react';
import { SeatContext } from './context.ts';
import { identityOf, type SourceProps } from './document-props.ts';
import { Seat } from './seat.ts';
import { shallowEqual } from './shallow-equal.ts';

/** A document, or a provider of your own, and the components that work on it. */
export type SynclineProviderProps = SourceProps & { readonly children?: ReactNode };

/**
 * Gives the hooks below it a document. It connects when it is on the page, never on a server, and makes
 * another provider when `documentId`, `url`, `connection`, `schema`, `transports` or `tabs` change; functions
 * and stores can be other ones with each render. When it is gone, what was changed is saved first, for 10 s at
 * most, and then its provider is closed. One that it was given stays open.
 */
export function SynclineProvider({ children, ...props }: SynclineProviderProps): ReactNode {
  const identity = identityOf(props);
  const [kept, keep] = useState(() => ({ identity, seat: new Seat(props.provider) }));
  let { seat } = kept;
  if (!shallowEqual(identity, kept.identity)) {
    seat = new Seat(props.provider);
    keep({ identity, seat });
  }

  const latest = useRef<SourceProps>(props);
  useEffect(() => {
    latest.current = props;
  });
  useEffect(() => {
    seat.hold(() => latest.current);
    return () => seat.release();
  }, [seat]);

  const token = typeof props.token === 'string' ? props.token : undefined;
  useEffect(() => seat.tokenChanged(), [seat, token]);

  return <SeatContext.Provider value={seat}>{children}</SeatContext.Provider>;
}
