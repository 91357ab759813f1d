import { writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { cpuOf, memoryOf, writesOf } from './process-usage.ts';

test('CPU time is what the process itself counts, to some ticks', () => {
  const before = cpuOf(process.pid);
  const own = process.cpuUsage();
  while (process.cpuUsage(own).user < 200_000);
  const { user, system } = process.cpuUsage(own);
  const spent = cpuOf(process.pid) - before;
  expect(Math.abs(spent - (user + system) / 1000)).toBeLessThanOrEqual(40);
});

test('memory grows with what is kept', () => {
  const before = memoryOf(process.pid);
  const kept = Buffer.alloc(64 * 2 ** 20, 1);
  expect(memoryOf(process.pid) - before).toBeGreaterThan(0.9 * kept.length);
});

test('writing system calls are counted', async () => {
  const file = await open('/dev/null', 'w');
  const before = writesOf(process.pid);
  for (let call = 0; call < 100; call++) writeSync(file.fd, 'x');
  expect(writesOf(process.pid) - before).toBeGreaterThanOrEqual(100);
  await file.close();
});
