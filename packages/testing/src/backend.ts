/** Where servers that run as processes keep their documents, and by what they tell each other of them. */
export interface Backend {
  /** What `syncline serve` is told: arguments, and additions to the environment. */
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** How many bytes the documents take. */
  size(): Promise<number>;
  /** To be called when no server uses it any more. */
  remove(): Promise<void>;
}
