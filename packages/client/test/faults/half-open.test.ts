import { type Direction, FaultyNetwork, until } from '@syncline/testing';
import { expect, it } from 'vitest';
import { atEnd, provide, textOf } from '../harness.ts';
import { ScriptedServer, WELCOME } from '../scripted-server.ts';

it.each<[string, Direction[]]>([
  ['up', ['up']],
  ['down', ['down']],
  ['either way', ['up', 'down']],
])(
  'a connection that carries nothing %s, and is never closed, is replaced',
  async (_, directions) => {
    const server = await ScriptedServer.start({
      hello: () => [{ ...WELCOME, heartbeatMs: 300 }],
    });
    const network = await FaultyNetwork.start(server.url);
    atEnd(() => network.close());
    const { url } = network;
    const provider = provide({ url, documentId: 'notes', transports: ['web-socket'] });
    await provider.whenSynced;
    network.silence(...directions);
    textOf(provider.doc).insert(0, 'x');
    await until('it is noticed', () => provider.state.status === 'offline', 5_000);
    expect(provider.state).toMatchObject({ problem: { message: 'the server does not answer' } });
    await provider.saved();
    expect(network.dialed).toBe(2);
    expect(provider.state.status).toBe('live');
  },
);
