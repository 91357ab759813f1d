import { applyPatches, StockClient, type Trace, until } from '@syncline/testing';

/** How a trace is replayed. */
export interface ReplayPlan {
  readonly documentId: string;
  readonly clients: number;
  /** How many transactions a client types before it is the next one's turn. */
  readonly turn: number;
  /** Called before each turn, with its number and who types next. */
  onTurn?(turn: number, typist: StockClient): void | Promise<void>;
}

/**
 * Types a trace through a server, with clients that take turns. Each sees all that was typed
 * before its turn, since the positions of a trace hold only then. The caller destroys the clients.
 */
export async function replay(
  server: { readonly url: string },
  trace: Trace,
  plan: ReplayPlan,
): Promise<StockClient[]> {
  const clients = Array.from(
    { length: plan.clients },
    () => new StockClient(server.url, plan.documentId),
  );
  const [first] = clients as [StockClient];
  await first.synced();
  first.text.insert(0, trace.startContent);
  let typed = first.content;
  for (let turn = 0; turn * plan.turn < trace.txns.length; turn++) {
    const typist = clients[turn % clients.length] as StockClient;
    await until(
      `client ${turn % clients.length} sees what was typed before turn ${turn}`,
      () => typist.content === typed,
      30_000,
    );
    await plan.onTurn?.(turn, typist);
    const transactions = trace.txns.slice(turn * plan.turn, (turn + 1) * plan.turn);
    for (const [index, { patches }] of transactions.entries()) {
      applyPatches(typist.text, patches);
      // Now and then the event loop goes on, so that typing and syncing interleave.
      if (index % 20 === 19) await new Promise(setImmediate);
    }
    typed = typist.content;
  }
  for (const client of clients) await client.hasContent(typed, 30_000);
  return clients;
}
