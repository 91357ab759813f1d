import { until } from '@syncline/testing';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { DIALECTS, refusalOf } from './attackers.ts';
import { ALL_MAY, Stage, withUsers } from './stage.ts';
import { textUpdate } from './updates.ts';

const READERS = withUsers({ ...ALL_MAY, write: 'user.id == "ada"' });
const PRIVATE = withUsers(
  { ...ALL_MAY, document: 'attacked' },
  { ...ALL_MAY, document: 'other' },
  { ...ALL_MAY, document: '**', read: 'user.id == "ada"' },
);

describe.each(DIALECTS)('in %s', (dialect) => {
  it.each(['update', 'syncStep2'] as const)(
    'a %s of a session that may only read is refused, and the client told',
    async (send) => {
      const stage = await Stage.set(READERS, 'ada');
      const attacker = await stage.attacker(dialect, { token: 'mallory' });
      attacker[send](textUpdate('not allowed'));
      expect(await attacker.refusal()).toBe(refusalOf('read-only', dialect));
      expect(attacker.isGone).toBe(false);
      await stage.survives();
    },
  );

  it('what brings nothing new is no offence for a session that may only read', async () => {
    const stage = await Stage.set(READERS, 'ada');
    const attacker = await stage.attacker(dialect, { token: 'mallory' });
    attacker.syncStep2(Y.encodeStateAsUpdate(stage.bystander.doc));
    attacker.update(textUpdate('refused behind it'));
    expect(await attacker.refusal()).toBe(refusalOf('read-only', dialect));
    const count = attacker.refusals.length;
    expect(count).toBe(1);
    await stage.survives();
  });

  it('a private document and one that does not exist are refused with the same bytes', async () => {
    const stage = await Stage.set(PRIVATE, 'ada');
    const secret = await stage.fresh('secret');
    secret.text.insert(0, 'secret');
    await until('it is stored', async () => (await stage.stored('secret'))?.head === 1);
    const answers: unknown[] = [];
    for (const documentId of ['secret', 'absent']) {
      const attacker = await stage.attacker(dialect, { documentId, token: 'mallory' });
      expect(await attacker.refusal()).toBe(refusalOf('access-denied', dialect));
      const frames = attacker.frames.map((frame) => Buffer.from(frame).toString('latin1'));
      const said = frames.filter((frame) => frame.includes('access-denied'));
      answers.push([attacker.refusals, said.map((frame) => frame.replaceAll(documentId, 'NAME'))]);
    }
    expect(answers[0]).toEqual(answers[1]);
    secret.destroy();
    await stage.survives();
  });
});

it('the routes of operators answer alike for a private document and one that does not exist', async () => {
  const stage = await Stage.set(PRIVATE, 'ada');
  const secret = await stage.fresh('secret');
  secret.text.insert(0, 'secret');
  await until('it is stored', async () => (await stage.stored('secret'))?.head === 1);
  secret.destroy();
  for (const [method, path] of [
    ['GET', ''],
    ['GET', '/export'],
    ['DELETE', ''],
    ['POST', '/compact'],
    ['POST', '/reset'],
    ['PUT', ''],
    ['GET', '/nothing'],
  ] as const) {
    const answers: unknown[] = [];
    for (const documentId of ['secret', 'absent']) {
      const url = `${stage.server.url}/v1/documents/${documentId}${path}`;
      const headers = { authorization: 'Bearer mallory' };
      const response = await fetch(url, { method, headers });
      const names = [...response.headers].filter(([name]) => name !== 'date');
      answers.push([response.status, names, await response.text()]);
    }
    expect(answers[0]).toEqual(answers[1]);
    expect((answers[0] as unknown[])[0]).toBe(403);
  }
  expect((await stage.stored('secret'))?.head).toBe(1);
  await stage.survives();
});
