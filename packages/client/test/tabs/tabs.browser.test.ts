import { until } from '@syncline/testing';
import { crash } from '@syncline/testing/browser';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { PageBrowser } from '../page-browser.ts';

/** Within this a browser has made another tab leader. */
const ELECTION_MS = 2_000;

let browser: PageBrowser;
let profile: BrowserContext;

beforeAll(async () => {
  browser = await PageBrowser.launch(new URL('page.ts', import.meta.url));
}, 60_000);
afterAll(() => browser.close());
beforeEach(async () => {
  profile = await browser.person();
});
afterEach(() => profile.close());

async function openTab(documents = 100): Promise<Page> {
  const page = await browser.open(profile);
  await page.evaluate((documents) => window.join('https://example.org', { documents }), documents);
  await until('the role is known', async () => (await roleOf(page)) !== undefined);
  return page;
}

const roleOf = (page: Page) => page.evaluate(() => window.tab.group.role);
const servedBy = (page: Page) => page.evaluate(() => window.tab.served);
const dial = (page: Page) => page.evaluate(() => window.tab.dial());
const welcomed = (page: Page) =>
  until('a welcome', () => page.evaluate(() => window.tab.welcome !== undefined));

/** Attaches, changes the document, and waits until the change was acknowledged and came back. */
async function write(page: Page, documentId: string): Promise<void> {
  await page.evaluate((documentId) => {
    const update = new TextEncoder().encode(`0${documentId}0`).subarray(1, documentId.length + 1);
    const channel = window.tab.attach(documentId);
    window.tab.send({ type: 'update', channel, number: 1, update });
  }, documentId);
  await until(`${documentId} comes back`, () =>
    page.evaluate((documentId) => {
      const { told } = window.tab;
      const entries = told.flatMap((message) => (message.type === 'entries' ? [message] : []));
      return (
        told.some(({ type }) => type === 'ack') &&
        entries.some(({ update }) => new TextDecoder().decode(update) === documentId)
      );
    }, documentId),
  );
}

async function leads(page: Page): Promise<void> {
  await until('another leads', async () => (await roleOf(page)) === 'leader', ELECTION_MS);
  await welcomed(page);
}

it('three tabs use one connection', async () => {
  const [first, second, third] = [await openTab(), await openTab(), await openTab()];
  expect(await first.evaluate(() => window.isSupported)).toBe(true);
  expect([await roleOf(first), await roleOf(second), await roleOf(third)]).toEqual([
    'leader',
    'follower',
    'follower',
  ]);
  await Promise.all([welcomed(second), welcomed(third)]);
  await write(second, 'of-second');
  await write(third, 'of-third');
  await write(first, 'of-first');
  expect(await servedBy(first)).toEqual(['of-first', 'of-second', 'of-third']);
  expect(await second.evaluate(() => window.tab.said.length)).toBe(0);
});

it('tabs of two profiles share nothing', async () => {
  const other = await browser.person();
  try {
    await openTab();
    const page = await browser.open(other);
    await page.evaluate(() => window.join('https://example.org'));
    await until('it leads', async () => (await roleOf(page)) === 'leader');
  } finally {
    await other.close();
  }
});

for (const [how, end] of [
  ['is closed', (page: Page) => page.close()],
  ['crashes', crash],
  ['goes to another page', (page: Page) => page.goto('about:blank')],
] as const) {
  it(`another tab leads when the leader ${how}`, async () => {
    const [first, second, third] = [await openTab(), await openTab(), await openTab()];
    await Promise.all([welcomed(second), welcomed(third)]);
    await end(first);
    await leads(second);
    await until('the third has heard of it', () =>
      third.evaluate(() => window.tab.ends.length === 1),
    );
    await dial(third);
    await welcomed(third);
    await write(third, 'of-third');
    expect(await servedBy(second)).toEqual(['of-third']);
    expect(await third.evaluate(() => window.tab.roles)).toEqual(['follower']);
  });

  it(`a follower that ${how} leaves no sessions behind`, async () => {
    const [first, second] = [await openTab(), await openTab()];
    await welcomed(second);
    await write(second, 'a');
    await write(first, 'b');
    expect(await servedBy(first)).toEqual(['a', 'b']);
    await end(second);
    await until('it is free', async () => (await servedBy(first)).join() === 'b', ELECTION_MS);
    expect(await first.evaluate(() => window.tab.sessions)).toBe(1);
  });
}

it('followers go their own way while the leader is busy, and leave nothing behind', async () => {
  const [first, second] = [await openTab(), await openTab()];
  await welcomed(second);
  await write(second, 'a');
  await first.evaluate(() => {
    setTimeout(() => {
      const end = performance.now() + 5_000;
      while (performance.now() < end);
    });
  });
  // As its heartbeat would have it.
  await second.evaluate(() => {
    window.tab.hangUp();
    window.tab.dial();
  });
  const third = await openTab();
  for (const page of [second, third]) {
    await until('it is alone', async () => (await roleOf(page)) === 'alone', 4_500);
    await welcomed(page);
    await write(page, 'alone');
    expect(await servedBy(page)).toEqual(['alone']);
  }
  await until('nothing is left', async () => (await servedBy(first)).length === 0);
  expect(await roleOf(first)).toBe('leader');
});

it('a page that is kept to go back to leads no more, and follows when it is shown again', async () => {
  const [first, second] = [await openTab(), await openTab()];
  await welcomed(second);
  await first.evaluate(() => {
    window.addEventListener('pagehide', () => window.tab.hangUp()); // as a connection would
    window.addEventListener('pageshow', ({ persisted }) => {
      const { tab } = window;
      const timer = setInterval(() => {
        if (tab.group.role !== 'follower' || tab.welcome === undefined) return;
        clearInterval(timer);
        tab.attach(`persisted: ${persisted}, roles: ${tab.roles.join()}`);
      }, 10);
    });
  });
  await first.goto('about:blank');
  await leads(second);
  // The tool does not see pages come back: the other tab does.
  first.evaluate(() => history.back()).catch(() => {});
  await until('it follows', async () => (await servedBy(second)).length > 0);
  expect(await servedBy(second)).toEqual(['persisted: true, roles: leader,follower']);
});
