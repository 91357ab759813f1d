import { readFile } from 'node:fs/promises';

/** The anonymous resident memory of a process, in bytes: without the pages of mapped files. */
export async function anonymousMemory(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const kib = /^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1];
  if (kib === undefined) throw new Error('this system does not tell RssAnon');
  return Number(kib) * 1024;
}
