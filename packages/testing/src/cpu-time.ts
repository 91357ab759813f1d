/**
 * How many milliseconds of CPU time something takes in this process: on a machine that is busy with other things, much
 * less than passes meanwhile.
 */
export function cpuTimeOf(act: () => void): number {
  const before = process.cpuUsage();
  act();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}
