import { loadTrace, readFresh, ServerProcess, TemporaryDirectory } from '@syncline/testing';
import { expect, it } from 'vitest';
import { replay } from './replay.ts';

it('three clients type the longer session', async () => {
  const data = await TemporaryDirectory.make();
  const server = new ServerProcess(data);
  await server.start();
  try {
    const trace = loadTrace('rustcode');
    const clients = await replay(server, trace, { documentId: 'rust', clients: 3, turn: 500 });
    for (const client of clients) expect(client.content).toBe(trace.endContent);
    for (const client of clients) client.destroy();
    await server.kill('SIGTERM');
    await server.start();
    expect(await readFresh(server.url, 'rust')).toBe(trace.endContent);
  } finally {
    await server.kill('SIGKILL');
    await data.remove();
  }
}, 300_000);
