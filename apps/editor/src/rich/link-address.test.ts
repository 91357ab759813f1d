import { expect, it } from 'vitest';
import { linkAddress } from './link-address.ts';

it.each([
  ['https://example.org/a?b#c', 'https://example.org/a?b#c'],
  [' example.org ', 'https://example.org'],
  ['//example.org', 'https://example.org'],
  ['localhost:1234/x', 'https://localhost:1234/x'],
  ['ada@example.org', 'mailto:ada@example.org'],
  ['tel:+4930123', 'tel:+4930123'],
])('%s is taken for %s', (typed, address) => {
  expect(linkAddress(typed)).toBe(address);
});

it.each(['', '  ', 'two words', 'javascript:alert(1)', 'JavaScript:alert(1)', 'data:text/html,x'])(
  '"%s" is no address to link to',
  (typed) => {
    expect(linkAddress(typed)).toBeUndefined();
  },
);
