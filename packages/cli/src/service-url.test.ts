import { expect, it } from 'vitest';
import { isBusUrl, isStoreUrl, maskPasswords } from './service-url.ts';

it.each([
  ['postgres://ada:secret@host:5432/docs', 'postgres://ada:…@host:5432/docs'],
  ['redis://:secret@host', 'redis://:…@host'],
  ['rediss://ada:se%40cret@host', 'rediss://ada:…@host'],
  ['postgres://ada:se@c/r:et@host/docs', 'postgres://ada:…@host/docs'],
  [
    'postgres://host/docs?user=ada&password=secret&x=1',
    'postgres://host/docs?user=ada&password=…&x=1',
  ],
  ['there is no mysql://ada:secret@host here', 'there is no mysql://ada:…@host here'],
  ['postgres://ada@host/docs', 'postgres://ada@host/docs'],
  ['http://127.0.0.1:1234/a', 'http://127.0.0.1:1234/a'],
])('%j is shown as %j', (text, shown) => {
  expect(maskPasswords(text)).toBe(shown);
});

it('addresses of a store and a bus are known by their schemes', () => {
  for (const url of ['postgres://host', 'postgresql://ada:a%2Fb@host:1/docs?sslmode=require']) {
    expect(isStoreUrl(url)).toBe(true);
    expect(isBusUrl(url)).toBe(false);
  }
  for (const url of ['redis://host', 'rediss://:secret@[::1]:6379']) {
    expect(isBusUrl(url)).toBe(true);
    expect(isStoreUrl(url)).toBe(false);
  }
  for (const text of [
    '',
    'postgres:host',
    'postgres://ada:se/cret@host',
    'mysql://host',
    './data',
  ]) {
    expect(isStoreUrl(text)).toBe(false);
  }
});
