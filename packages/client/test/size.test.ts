import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { build, type Rolldown } from 'vite';
import { describe, expect, it } from 'vitest';
import { CLIENT_NAME, CLIENT_VERSION } from '../src/version.ts';

/** What applications have anyway. */
const SHARED = /^(yjs|lib0|y-protocols)(\/|$)/;

/** How many bytes a browser loads for an import, minified and gzipped, and what is in them. */
async function bundle(
  code: string,
): Promise<{ readonly bytes: number; readonly modules: string[] }> {
  const entry = 'virtual:entry';
  const output = (await build({
    configFile: false,
    logLevel: 'silent',
    root: new URL('..', import.meta.url).pathname,
    plugins: [
      {
        name: 'entry',
        resolveId: (id: string) => (id === entry ? id : undefined),
        load: (id: string) => (id === entry ? code : undefined),
      },
    ],
    resolve: { conditions: ['browser', 'module', 'import', 'default'] },
    build: {
      write: false,
      minify: true,
      target: 'es2022',
      rolldownOptions: {
        input: entry,
        external: SHARED,
        preserveEntrySignatures: 'strict',
      },
    },
  })) as Rolldown.RolldownOutput;
  const chunks = output.output.filter((chunk) => chunk.type === 'chunk');
  return {
    bytes: chunks.reduce((sum, chunk) => sum + gzipSync(chunk.code, { level: 9 }).length, 0),
    modules: chunks.flatMap((chunk) => Object.keys(chunk.modules)),
  };
}

const PACKAGE = '@syncline/client';
/** What README and docs/client.md say. */
const LIMIT_BYTES = 20_000;
const OFFLINE_LIMIT_BYTES = 35_000;

describe('the client', () => {
  it('takes less than 20 kB of a page, with nothing for Node and no offline store', async () => {
    const { bytes, modules } = await bundle(
      `export { SynclineProvider, SynclineConnection, warnBeforeLeaving } from '${PACKAGE}';`,
    );
    console.log(`@syncline/client: ${bytes} bytes, gzipped`);
    expect(bytes).toBeLessThan(LIMIT_BYTES);
    expect(bytes).toBeGreaterThan(5_000);
    expect(modules.filter((id) => /offline\/|\/idb\/|\/ws\/|of-node|hocuspocus/.test(id))).toEqual(
      [],
    );
  });

  it('leaves out what is not imported', async () => {
    const { bytes } = await bundle(`export { warnBeforeLeaving } from '${PACKAGE}';`);
    expect(bytes).toBeLessThan(1_000);
  });

  it('takes less than 35 kB with the offline store', async () => {
    const { bytes, modules } = await bundle(
      `export * from '${PACKAGE}'; export { openOfflineStore } from '${PACKAGE}/offline';`,
    );
    console.log(`with the offline store: ${bytes} bytes, gzipped`);
    expect(bytes).toBeLessThan(OFFLINE_LIMIT_BYTES);
    expect(modules.some((id) => id.includes('/idb/'))).toBe(true);
    expect(modules.filter((id) => id.includes('classic-level'))).toEqual([]);
  });

  it('says its version', () => {
    const file = new URL('../package.json', import.meta.url);
    const { name, version } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
    expect([CLIENT_NAME, CLIENT_VERSION]).toEqual([name, version]);
  });
});
