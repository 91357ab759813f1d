import { StockClient, until } from '@syncline/testing';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Awareness } from 'y-protocols/awareness';
import * as Y from 'yjs';
import { launchBrowser, richTextOf, textOf, visit } from './browser.ts';
import { nonsense, random } from './nonsense.ts';
import { servePages } from './page-server.ts';

const SEED = Number(process.env['SEED'] ?? 1);
const STORED = 'a paragraph that stays';

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());
afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
});

function writePlain({ doc }: StockClient): Y.Text {
  const text = doc.getText('text');
  text.insert(0, STORED);
  return text;
}

function writeRich({ doc }: StockClient): Y.XmlText {
  const paragraph = new Y.XmlElement('paragraph');
  const text = new Y.XmlText(STORED);
  paragraph.insert(0, [text]);
  doc.getXmlFragment('default').insert(0, [paragraph]);
  return text;
}

/** Relative positions that travel well, and some of places where nothing is. */
function cursorsIn(text: Y.Text, { doc }: StockClient): object[] {
  const place = (index: number) => Y.createRelativePositionFromTypeIndex(text, index);
  const none = { type: null, tname: null, item: null, assoc: 0 };
  const item = { client: doc.clientID, clock: 0 };
  const places = [
    place(0),
    place(3),
    place(text.length),
    { ...none, item },
    { ...none, item: { ...item, clock: 1e9 } },
    { ...none, item: { ...item, clock: -1 } },
    { ...none, type: item },
    { ...none, type: { client: doc.clientID, clock: 1 } },
    { ...none, tname: 'default' },
    { ...none, tname: 'text' },
    { ...none, tname: 'another' },
    none,
  ];
  return places.flatMap((anchor) => places.map((head) => ({ anchor, head })));
}

/** States of those who write and draw, as a stock client announces them. */
function statesOf(text: Y.Text, client: StockClient): object[] {
  const user = { name: 'Eve', color: '#be185d', colorLight: '#be185d33' };
  return cursorsIn(text, client).map((cursor) => ({ user, cursor }));
}

describe.each([
  { kind: 'editor', write: writePlain, shown: textOf },
  { kind: 'text', write: writeRich, shown: richTextOf },
])('/$kind', ({ kind, write, shown }) => {
  it('keeps the text whatever one of the others sends as a colour', async () => {
    const { url } = await servePages();
    const eve = await new StockClient(url.replace('http', 'ws'), 'notes').synced();
    const text = write(eve);
    const { page, errors } = await visit(browser, `${url}/${kind}/notes`, 'Ada');
    await page.keyboard.press('Control+End');
    const place = Y.createRelativePositionFromTypeIndex(text, 3);
    eve.provider.awareness.setLocalState({
      user: { name: 'Eve', color: { toString: 1 } },
      cursor: { anchor: place, head: place },
    });
    await page.waitForTimeout(200);
    text.insert(0, 'before: ');
    await page.waitForTimeout(200);
    await page.keyboard.type('!');
    await until('it is written', () => text.toString() === `before: ${STORED}!`);
    expect(await shown(page)).toContain(`before: ${STORED}!`);
    eve.destroy();
    expect(errors).toEqual([]);
  });

  it(`keeps the text while hundreds of states are nonsense (SEED=${SEED})`, async () => {
    const { url } = await servePages();
    const address = url.replace('http', 'ws');
    const eve = await new StockClient(address, 'notes').synced();
    const text = write(eve);
    const { page, errors } = await visit(browser, `${url}/${kind}/notes`, 'Ada');
    await page.keyboard.press('Control+End');
    const next = random(SEED);
    const states = statesOf(text, eve);
    // Some in the page's own name.
    const forger = await new StockClient(address, 'notes').synced();
    const ada = () =>
      [...eve.provider.awareness.getStates().keys()].find((id) => id !== eve.doc.clientID);
    let sent = 0;
    const timer = setInterval(() => {
      eve.provider.awareness.setLocalState(nonsense(next, states));
      if (sent++ % 10 === 0) forge(forger.provider.awareness, ada(), nonsense(next, states));
    }, 10);
    const typed = 'written under fire '.repeat(8);
    await page.keyboard.type(typed, { delay: 20 });
    clearInterval(timer);
    expect(sent).toBeGreaterThan(150);
    await until('all is written', () => text.toString() === STORED + typed);
    text.insert(0, 'and ');
    await until('the page shows it', async () => (await shown(page)).includes(`and ${STORED}`));
    // Who means well is seen again.
    const place = Y.createRelativePositionFromTypeIndex(text, 2);
    const user = { name: 'Robin', color: '#047857' };
    eve.provider.awareness.setLocalState({ user, cursor: { anchor: place, head: place } });
    await page.waitForSelector(':is(.caret-name, .cm-ySelectionInfo):has-text("Robin")');
    eve.destroy();
    forger.destroy();
    expect(errors).toEqual([]);
  });
});

/** Announces a state in the name of another client. */
function forge(awareness: Awareness, client: number | undefined, state: object): void {
  if (client === undefined) return;
  const clock = (awareness.meta.get(client)?.clock ?? 0) + 1;
  awareness.states.set(client, state);
  awareness.meta.set(client, { clock, lastUpdated: Date.now() });
  awareness.emit('update', [{ added: [], updated: [client], removed: [] }, 'local']);
}
