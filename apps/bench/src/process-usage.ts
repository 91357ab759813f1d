import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** How many ticks of `utime` and `stime` are a second. */
const TICKS = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/**
 * The CPU time that a process has used: user and system, all its threads, also those that ended, and
 * children that it has waited for. Milliseconds, in steps of a tick (10 ms on most systems).
 * From `/proc/PID/stat`, see proc(5).
 */
export function cpuOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The second field is the program's name in parentheses, which may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [user, system, childUser, childSystem] = fields.slice(11, 15).map(Number);
  return (((user ?? 0) + (system ?? 0) + (childUser ?? 0) + (childSystem ?? 0)) * 1000) / TICKS;
}

/**
 * The anonymous resident memory of a process, in bytes. Pages of mapped files are left out: they are
 * the system's cache of what lies on the disk, and LevelDB maps its tables.
 */
export function memoryOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kib = /^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1];
  if (kib === undefined) throw new Error('this system does not tell RssAnon');
  return Number(kib) * 1024;
}

/** How many system calls that write a process has made: to sockets and to files. From `/proc/PID/io`. */
export function writesOf(pid: number): number {
  const calls = /^syscw: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))?.[1];
  if (calls === undefined) throw new Error('this system does not count system calls');
  return Number(calls);
}
