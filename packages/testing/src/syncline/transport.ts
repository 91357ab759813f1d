/** Carries the frames of one connection of `syncline.v1`, in order. */
export interface Transport {
  send(frame: Uint8Array): void;
  /** Ends it; what was sent before arrives first. */
  close(): Promise<void>;
  /** Breaks it off without a goodbye. */
  cut(): void;
}

/** What comes of a {@link Transport}. */
export interface TransportListener {
  onFrame(frame: Uint8Array): void;
  /** It is over, from either end. Called once. */
  onEnd(reason: string): void;
}

/** Where a server serves the protocol, in all transports. */
export const SYNC_PATH = '/v1/sync';
