import { describe, expect, it } from 'vitest';
import { Changes } from './changes.ts';
import { Share } from './shares.ts';

const LIMIT = 1_000;
const LARGE = 600;

const clientsOf = (changes: Changes) => changes.take(LIMIT).map(({ client }) => client);

describe('changes that cannot all be told at once', () => {
  it('are all told at once when they fit, with the last word on each', () => {
    const changes = new Changes();
    const [ada, bob] = [new Share('ada'), new Share('bob')];
    changes.note(1, ada, 400, true);
    changes.note(2, bob, LARGE, true);
    changes.note(1, bob, 400, false);
    expect(changes.take(LIMIT)).toMatchObject([
      { client: 1, isOwn: false },
      { client: 2, isOwn: true },
    ]);
    expect(changes.size).toBe(0);
  });

  it('are one at least, however large it is', () => {
    const changes = new Changes();
    changes.note(1, new Share('ada'), 5_000, true);
    changes.note(2, new Share('bob'), 6_000, true);
    expect(clientsOf(changes)).toEqual([1]);
    expect(clientsOf(changes)).toEqual([2]);
    expect(clientsOf(changes)).toEqual([]);
  });

  it('of somebody who says little come at once, whatever others say', () => {
    const changes = new Changes();
    const ada = new Share('ada');
    const loud = Array.from({ length: 10 }, (_, index) => new Share(index));
    for (let round = 0; round < 100; round++) {
      for (const share of loud) {
        for (let i = 0; i < 4; i++)
          changes.note(100 + Number(share.key) * 4 + i, share, LARGE, true);
      }
      changes.note(1, ada, 20, true);
      expect(clientsOf(changes), `round ${round}`).toContain(1);
    }
  });

  it('of somebody who says little come also when others come and go to be first', () => {
    const changes = new Changes();
    const ada = new Share('ada');
    for (let round = 0; round < 100; round++) {
      const clients = Array.from({ length: 40 }, (_, index) => 100 + index);
      for (const client of clients) changes.note(client, new Share(client), 100, true);
      changes.note(1, ada, 20, true);
      expect(clientsOf(changes), `round ${round}`).toContain(1);
      for (const client of clients) changes.forget(client);
    }
  });

  it('of somebody who says much have their turn as well', () => {
    const changes = new Changes();
    const large = new Share('large');
    const small = Array.from({ length: 20 }, (_, index) => new Share(index));
    changes.note(1, large, LARGE, true);
    let round = 0;
    for (; changes.has(1) && round < 1_000; round++) {
      for (const share of small) changes.note(100 + Number(share.key), share, 100, true);
      changes.take(LIMIT);
    }
    expect(round).toBeLessThan(50);
  });

  it('that grow while they wait have the turn of what they became', () => {
    const changes = new Changes();
    const [ada, bob] = [new Share('ada'), new Share('bob')];
    changes.note(1, ada, 1, true);
    changes.note(2, bob, LARGE, true);
    changes.note(1, ada, LARGE + 1, true);
    expect(clientsOf(changes)).toEqual([2]);
  });
});
