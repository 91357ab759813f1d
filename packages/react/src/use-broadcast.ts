import type { Broadcast, Payload, SendOptions } from '@syncline/client';
import { useCallback, useEffect, useRef } from 'react';
import { useSeat } from './context.ts';

/**
 * Tells all who are on the document, and nobody later. Resolves with false when there is no session or no right
 * to it, else with true: at once, or with `ack` when the server has passed it on. The same function until the
 * document or the topic is another one.
 *
 * @throws SyncError `broadcast-too-large`, as a rejection
 */
export type Send = (payload: Payload, options?: SendOptions) => Promise<boolean>;

/**
 * Hears what others say on a topic, and says something.
 *
 * @param handler is called with what comes, from anybody: look at it before you use it. It may be another function
 * each time.
 */
export function useBroadcast(
  topic: string,
  handler?: (payload: Payload, broadcast: Broadcast) => void,
): Send {
  const seat = useSeat('useBroadcast');
  const latest = useRef(handler);
  useEffect(() => {
    latest.current = handler;
  });
  useEffect(
    () =>
      seat.onBroadcast((broadcast) => {
        if (broadcast.topic === topic) latest.current?.(broadcast.payload, broadcast);
      }),
    [seat, topic],
  );
  return useCallback(
    async (payload, options) =>
      (await seat.attached().provider?.send(topic, payload, options)) ?? false,
    [seat, topic],
  );
}
