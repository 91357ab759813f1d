/** Where servers that run as processes keep their documents, and by what they tell each other of them. */
export interface Backend {
  /** What `syncline serve` is told. */
  readonly args: readonly string[];
  /** How many bytes the documents take. */
  size(): Promise<number>;
  /** To be called when no server uses it any more. */
  remove(): Promise<void>;
}
