/** The package ships declarations, but its "exports" do not name them. */
declare module 'y-leveldb' {
  export class LeveldbPersistence {
    constructor(location: string);
    storeUpdate(documentName: string, update: Uint8Array): Promise<number>;
    flushDocument(documentName: string): Promise<void>;
    setMeta(documentName: string, key: string, value: unknown): Promise<void>;
    destroy(): Promise<void>;
  }
}
