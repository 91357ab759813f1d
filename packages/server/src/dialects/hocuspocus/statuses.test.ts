import { cpuTimeOf } from '@syncline/testing';
import { describe, expect, it } from 'vitest';
import { Statuses } from './statuses.ts';

describe('the statuses of a session', () => {
  it('are one for the SyncStep2 of a sync, and one for each Update after it', () => {
    const statuses = new Statuses();
    statuses.asked('client');
    const step2 = statuses.step2();
    expect(statuses.settled(step2)).toBe(1);
    const [first, second] = [statuses.update(), statuses.update()];
    expect(statuses.settled(second)).toBe(1);
    expect(statuses.settled(first)).toBe(1);
  });

  it('of Updates that were queued before a sync are held until its SyncStep2 is durable', () => {
    const statuses = new Statuses();
    statuses.asked('client');
    const queued = statuses.update();
    expect(statuses.settled(queued)).toBe(0);
    const step2 = statuses.step2();
    expect(statuses.settled(step2)).toBe(2);
  });

  it('of Updates that were queued are held while one that is counted is under way', () => {
    const statuses = new Statuses();
    statuses.asked('client');
    const queued = statuses.update();
    const step2 = statuses.step2();
    const later = statuses.update();
    expect(statuses.settled(queued)).toBe(0);
    expect(statuses.settled(step2)).toBe(1);
    expect(statuses.settled(later)).toBe(2);
  });

  it('are none for Updates that were made before the sync, and one for those made after it', () => {
    const statuses = new Statuses();
    statuses.asked('client');
    const [old, made] = [statuses.update(true), statuses.update(false)];
    const step2 = statuses.step2();
    expect(statuses.settled(old)).toBe(0);
    expect(statuses.settled(step2)).toBe(1);
    expect(statuses.settled(made)).toBe(1);
    expect(statuses.settled(statuses.update(true))).toBe(1);
  });

  it('are none for a SyncStep2 for which the server asked by itself', () => {
    const statuses = new Statuses();
    statuses.asked('client');
    expect(statuses.settled(statuses.step2())).toBe(1);
    statuses.asked('server');
    const update = statuses.update();
    expect(statuses.settled(update)).toBe(1);
    expect(statuses.settled(statuses.step2())).toBe(0);
  });

  it('are 0 for what was refused, and the next are right again', () => {
    const statuses = new Statuses();
    statuses.asked('client');
    expect(statuses.refused(statuses.step2())).toBe(true);
    expect(statuses.refused(statuses.update())).toBe(true);
    statuses.asked('server');
    expect(statuses.refused(statuses.step2())).toBe(false);
    expect(statuses.settled(statuses.update())).toBe(1);
  });

  it('are none for what was under way when a sync began, which set the count to 1', () => {
    const statuses = new Statuses();
    statuses.asked('client');
    statuses.settled(statuses.step2());
    const before = statuses.update();
    statuses.asked('client');
    expect(statuses.settled(before)).toBe(0);
    expect(statuses.settled(statuses.step2())).toBe(1);
  });

  it('of what was refused come with a SyncStep2 that brings it again', () => {
    const statuses = new Statuses();
    statuses.asked('client');
    expect(statuses.refused(statuses.step2())).toBe(true);
    expect(statuses.refused(statuses.update())).toBe(true);
    expect(statuses.settled(statuses.update())).toBe(1);
    statuses.asked('server');
    expect(statuses.refused(statuses.step2())).toBe(false);
    statuses.asked('server');
    const step2 = statuses.step2();
    expect(statuses.refused(statuses.update())).toBe(true);
    expect(statuses.settled(step2)).toBe(2);
    statuses.asked('client');
    expect(statuses.settled(statuses.step2())).toBe(1);
  });

  it('are one for two syncs of which the second began before the first was answered', () => {
    const statuses = new Statuses();
    statuses.asked('client');
    statuses.asked('client');
    expect(statuses.settled(statuses.step2())).toBe(0);
    expect(statuses.settled(statuses.step2())).toBe(1);
  });

  it('cost no more when a client begins again and again and does not answer', () => {
    const statuses = new Statuses();
    const waiting = Array.from({ length: 20_000 }, () => statuses.update());
    let due = 0;
    const begin = () => {
      for (let times = 0; times < 100_000; times++) statuses.asked('client');
      for (const number of waiting) due += statuses.settled(number);
    };
    expect(cpuTimeOf(begin)).toBeLessThan(1_500);
    expect(due).toBe(0);
    for (let times = 1; times < 100_000; times++) statuses.settled(statuses.step2());
    expect(statuses.settled(statuses.step2())).toBe(1);
  });
});
