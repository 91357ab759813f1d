import { createContext, useContext, useSyncExternalStore } from 'react';
import type { Attached, Seat } from './seat.ts';

export const SeatContext = createContext<Seat | undefined>(undefined);

/** The document of the component above. @param hook who asks */
export function useSeat(hook: string): Seat {
  const seat = useContext(SeatContext);
  if (seat === undefined) {
    throw new Error(`${hook} was called in a component that has no <SynclineProvider> above it`);
  }
  return seat;
}

/** What the document of the component above has now. @param hook who asks */
export function useAttached(hook: string): Attached {
  const seat = useSeat(hook);
  return useSyncExternalStore(seat.subscribe, seat.attached, seat.attached);
}
