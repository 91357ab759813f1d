import { describe, expect, it } from 'vitest';
import { documentIdFromPath, parseDocumentId } from './document-id.ts';

const refused = expect.objectContaining({ code: 'document-id-invalid' });

describe('a document name', () => {
  it.each(['a', 'a/b', '..', '%2f', '*', 'Ünïcödé', '😀', ' ', '__proto__', 'x'.repeat(512)])(
    'may be %j',
    (name) => {
      expect(parseDocumentId(name)).toBe(name);
      expect(documentIdFromPath(`/${encodeURIComponent(name)}`)).toBe(name);
    },
  );

  it.each(['', 'a\0', '\n', '\x7f', '\x85', '\ud83d', 'x'.repeat(513), '😀'.repeat(129)])(
    'must not be %j',
    (name) => {
      expect(() => parseDocumentId(name)).toThrow(refused);
    },
  );

  it.each(['/', '/%', '/%zz', '/%ff', '/%00', '/%ed%a0%80'])('is not in the path %s', (path) => {
    expect(() => documentIdFromPath(path)).toThrow(refused);
  });

  it('of 64 MiB is refused without a look at its characters', () => {
    const name = 'x'.repeat(64 * 1024 * 1024);
    const before = process.cpuUsage();
    expect(() => parseDocumentId(name)).toThrow(refused);
    expect(process.cpuUsage(before).user).toBeLessThan(50_000); // µs
  });

  it('may hold slashes that are not encoded', () => {
    expect(documentIdFromPath('/a/b//c')).toBe('a/b//c');
  });
});
