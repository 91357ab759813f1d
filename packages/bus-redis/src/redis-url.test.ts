import { expect, it } from 'vitest';
import { parseRedisUrl } from './redis-url.ts';

it.each([
  ['redis://redis.example', { host: 'redis.example', port: 6379 }],
  ['redis://127.0.0.1:7000/0', { host: '127.0.0.1', port: 7000 }],
  ['redis://[::1]:7000/', { host: '::1', port: 7000 }],
  ['redis://:p%40ss@host', { host: 'host', port: 6379, password: 'p@ss' }],
  ['redis://ada:secret@host', { host: 'host', port: 6379, username: 'ada', password: 'secret' }],
  ['rediss://host:6380', { host: 'host', port: 6380, tls: {} }],
])('reads %s', (url, address) => {
  expect(parseRedisUrl(url)).toEqual(address);
});

it.each([
  'localhost:6379',
  '',
  'http://host',
  'redis://',
  'redis://host:70000',
  'redis://host/1',
  'redis://host/name',
  'redis://host?db=1',
  'redis://host#x',
  'redis://:p%ss@host',
])('refuses %j', (url) => {
  expect(() => parseRedisUrl(url)).toThrow(expect.objectContaining({ code: 'config-invalid' }));
});

it('does not repeat the password', () => {
  expect(() => parseRedisUrl('redis://:secret@host/1')).not.toThrow(/secret/);
  expect(() => parseRedisUrl('redis://:secret@host/1')).toThrow(/database/);
});
