import { monitorEventLoopDelay } from 'node:perf_hooks';

// To be loaded into a server: on SIGUSR2 it says how its event loop was delayed, in seconds, and begins anew.
const delay = monitorEventLoopDelay({ resolution: 10 });
delay.enable();
process.on('SIGUSR2', () => {
  const seconds = { p50: delay.percentile(50) / 1e9, max: delay.max / 1e9 };
  process.stderr.write(`${JSON.stringify(seconds)}\n`);
  delay.reset();
});
