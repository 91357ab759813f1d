import { monitorEventLoopDelay } from 'node:perf_hooks';

// To be loaded into a server: on SIGUSR2 it says how its event loop was delayed, in seconds, and begins anew.
const delay = monitorEventLoopDelay({ resolution: 10 });
delay.enable();
process.on('SIGUSR2', () => {
  const [p50, p90] = [50, 90].map((percentile) => delay.percentile(percentile) / 1e9);
  process.stderr.write(`${JSON.stringify({ p50, p90, max: delay.max / 1e9 })}\n`);
  delay.reset();
});
