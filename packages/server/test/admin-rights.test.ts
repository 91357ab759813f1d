import { StockClient, until } from '@syncline/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import * as Y from 'yjs';
import type { RuleSource } from '../src/index-access.ts';
import { EDITORS_WRITE, startGuarded, tokenOf } from './dialect-client.ts';
import { type Harness, startHarness } from './harness.ts';

const ROUTES = [
  ['GET', '/v1/documents'],
  ['GET', '/v1/documents?names'],
  ['GET', '/v1/documents/there'],
  ['GET', '/v1/documents/there/export'],
  ['PUT', '/v1/documents/there?replace'],
  ['POST', '/v1/documents/there/compact'],
  ['POST', '/v1/documents/there/reset'],
  ['DELETE', '/v1/documents/there'],
  ['POST', '/v1/sessions/revoke'],
  ['POST', '/v1/reload'],
] as const;

const BODY = (() => {
  const doc = new Y.Doc();
  doc.getText('text').insert(0, 'hello');
  return new Uint8Array(Y.encodeStateAsUpdate(doc));
})();

interface Asked {
  readonly token?: string;
  readonly body?: string;
  readonly headers?: Record<string, string>;
}

async function ask(harness: Harness, method: string, path: string, options: Asked = {}) {
  const { token, headers } = options;
  const revoked = path.includes('revoke') ? JSON.stringify({ user: 'nobody' }) : undefined;
  const body = options.body ?? (method === 'PUT' ? BODY : revoked);
  const response = await fetch(`${harness.server.url}${path}`, {
    method,
    headers: { ...headers, ...(token !== undefined && { authorization: `Bearer ${token}` }) },
    ...(body !== undefined && { body }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.startsWith('application/json');
  const json = isJson ? JSON.parse(text) : undefined;
  return { status: response.status, text, code: json?.code, json, headers: response.headers };
}

/** A server with the document `there`. */
async function startWithDocument(options: Parameters<typeof startGuarded>[0] = {}) {
  const harness = await startGuarded(options);
  const token = await tokenOf('ada', 'editor');
  const client = new StockClient(harness.url, 'there', { params: { token } });
  onTestFinished(() => client.destroy());
  await client.synced();
  client.text.insert(0, 'hello');
  await until('it is stored', async () => {
    for await (const _ of harness.store.list()) return true;
    return false;
  });
  return harness;
}

describe.each(ROUTES)('%s %s with authentication', (method, path) => {
  it('needs a token, of somebody with the right', async () => {
    const harness = await startWithDocument({ allowAnonymous: false });
    const refusals = [
      [undefined, 401, 'token-missing'],
      ['none', 401, 'token-invalid'],
      [await tokenOf('root', 'admin', -60), 401, 'token-expired'],
      [await tokenOf('root', 'admin', 60, 'x'.repeat(40)), 401, 'token-invalid'],
      [await tokenOf('ada', 'editor'), 403, 'admin-refused'],
    ] as const;
    for (const [token, status, code] of refusals) {
      const answer = await ask(harness, method, path, { ...(token && { token }) });
      expect(answer).toMatchObject({ status, code });
    }
    const token = await tokenOf('root', 'admin');
    const inQuery = `${path}${path.includes('?') ? '&' : '?'}token=${token}`;
    expect(await ask(harness, method, inQuery)).toMatchObject({ status: 401 });
    expect((await ask(harness, method, path, { token })).status).toBeLessThan(300);
  });

  it('is not for who shows nothing, where that is allowed to read', async () => {
    const harness = await startWithDocument();
    expect(await ask(harness, method, path)).toMatchObject({ status: 403, code: 'admin-refused' });
  });

  it('says the same of what is there and what is not', async () => {
    const harness = await startWithDocument();
    const token = await tokenOf('ada', 'editor');
    const [there, missing] = [
      await ask(harness, method, path, { token }),
      await ask(harness, method, path.replace('there', 'missing'), { token }),
    ];
    expect(there.status).toBe(403);
    expect(missing).toMatchObject({ status: there.status, text: there.text });
  });

  it('is not for pages of other origins, whatever token they have', async () => {
    const harness = await startWithDocument();
    const token = await tokenOf('root', 'admin');
    const headers = { origin: 'https://elsewhere.example' };
    expect(await ask(harness, method, path, { token, headers })).toMatchObject({
      status: 403,
      code: 'origin-refused',
    });
    const own = { origin: harness.server.url };
    expect((await ask(harness, method, path, { headers: own })).code).toBe('admin-refused');
    const preflight = await ask(harness, 'OPTIONS', path, {
      headers: {
        ...headers,
        'access-control-request-method': method,
        'access-control-request-headers': 'authorization',
      },
    });
    expect(preflight.status).toBeGreaterThanOrEqual(400);
    const allowed = [...preflight.headers.keys()].filter((name) => name.startsWith('access-con'));
    expect(allowed).toEqual([]);
  });
});

describe('who administers', () => {
  const only = (document: string, ...more: RuleSource[]): RuleSource[] => [
    { document, read: 'true', write: 'true', admin: "user != null && user.role == 'editor'" },
    ...more,
  ];
  const all = { document: '**', read: 'true', write: 'true' };

  it.each(['there', 'th*', '{name}', '{a}ere', '*', '**/x', 'there**', '\\*\\*'])(
    'documents by a rule for %s does not administer the server',
    async (document) => {
      const harness = await startWithDocument({ rules: only(document, all) });
      const token = await tokenOf('eve', 'editor');
      for (const [method, path] of ROUTES) {
        if (path.includes('there')) continue;
        expect(await ask(harness, method, path, { token })).toMatchObject({ status: 403 });
      }
    },
  );

  it('some documents, does nothing with others, whatever they are called', async () => {
    const harness = await startWithDocument({ rules: only('mine/{x}', all) });
    const token = await tokenOf('eve', 'editor');
    const put = (path: string) => ask(harness, 'PUT', `/v1/documents/${path}`, { token });
    expect((await put('mine%2Fa')).status).toBe(201);
    for (const path of [
      'mine',
      'there?replace',
      'mine%2Fa%2Fb',
      '**',
      'mine%2F..%2Fthere',
      '%2Fmine%2Fa',
    ]) {
      expect(await put(path)).toMatchObject({ status: 403, code: 'admin-refused' });
    }
    // Slashes that are not encoded, and dots, lead nowhere.
    for (const path of [
      'mine/a',
      'mine/../there?replace',
      './there?replace',
      'mine%2Fa/../../documents/there?replace',
    ]) {
      expect((await put(path)).status).toBeGreaterThanOrEqual(403);
    }
    expect((await ask(harness, 'DELETE', '/v1/documents/mine%2Fa', { token })).status).toBe(204);
  });

  it('one document, ends sessions of that one', async () => {
    const harness = await startWithDocument({ rules: only('mine', all) });
    const token = await tokenOf('eve', 'editor');
    const revoke = (selection: object) =>
      ask(harness, 'POST', '/v1/sessions/revoke', { token, body: JSON.stringify(selection) });
    expect(await revoke({ document: 'mine' })).toMatchObject({ status: 200, json: { ended: 0 } });
    const refused = { status: 403, code: 'admin-refused' };
    expect(await revoke({ document: 'there' })).toMatchObject(refused);
    expect(await revoke({ document: 'missing' })).toMatchObject(refused);
    expect(await revoke({ user: 'ada' })).toMatchObject(refused);
    expect(await revoke({ user: 'missing' })).toMatchObject(refused);
  });

  it('by a right without the right to read, does not', async () => {
    const harness = await startWithDocument({
      rules: [
        { document: '**', admin: 'true' },
        { document: 'there', read: 'true', write: 'true' },
      ],
    });
    const token = await tokenOf('eve', 'editor');
    expect(await ask(harness, 'GET', '/v1/documents', { token })).toMatchObject({ status: 403 });
  });
});

describe('a request to revoke sessions', () => {
  it.each([
    ['', 'malformed-frame'],
    ['{', 'malformed-frame'],
    ['null', 'malformed-frame'],
    ['[]', 'malformed-frame'],
    ['{}', 'malformed-frame'],
    ['{"user":1}', 'malformed-frame'],
    ['{"document":{}}', 'malformed-frame'],
    ['{"document":""}', 'document-id-invalid'],
    ['{"document":"a\\u0000"}', 'document-id-invalid'],
    [`{"document":"${'x'.repeat(513)}"}`, 'document-id-invalid'],
  ])('with the body %s is answered with 400', async (body, code) => {
    const harness = await startGuarded();
    const token = await tokenOf('root', 'admin');
    expect(await ask(harness, 'POST', '/v1/sessions/revoke', { token, body })).toMatchObject({
      status: 400,
      code,
    });
  });

  it('that is very long is answered with 413', async () => {
    const harness = await startGuarded();
    const token = await tokenOf('root', 'admin');
    const body = JSON.stringify({ user: 'x'.repeat(20_000) });
    expect(await ask(harness, 'POST', '/v1/sessions/revoke', { token, body })).toMatchObject({
      status: 413,
      code: 'body-too-large',
    });
  });
});

describe('without authentication', () => {
  it.each(ROUTES)('%s %s is for programs on the machine only', async (method, path) => {
    const harness = await startHarness();
    const client = await harness.stock('there');
    client.text.insert(0, 'hello');
    await until(
      'it is stored',
      async () => (await ask(harness, 'GET', '/v1/documents')).text !== '',
    );
    const strangers: Record<string, string>[] = [
      { origin: 'https://elsewhere.example' },
      { 'x-forwarded-for': '192.0.2.1' },
      { 'sec-fetch-site': 'cross-site' },
    ];
    for (const headers of strangers) {
      const refused = { status: 403, code: 'admin-refused' };
      expect(await ask(harness, method, path, { headers })).toMatchObject(refused);
    }
    expect((await ask(harness, method, path)).status).toBeLessThan(300);
  });
});

it('rules that cannot be read leave in force what was there', async () => {
  const harness = await startWithDocument({ allowAnonymous: false });
  const token = await tokenOf('root', 'admin');
  await expect(harness.setRules([{ document: '**', read: 'user ==' }])).rejects.toMatchObject({
    code: 'rules-invalid',
  });
  expect(await ask(harness, 'POST', '/v1/reload', { token })).toMatchObject({
    status: 400,
    code: 'rules-invalid',
  });
  expect((await ask(harness, 'GET', '/v1/documents', { token })).status).toBe(200);
  await harness.setRules(EDITORS_WRITE);
  expect(await ask(harness, 'POST', '/v1/reload', { token })).toMatchObject({
    status: 200,
    json: { sessions: 1 },
  });
});

it('metrics are open, and name no document and nobody', async () => {
  const harness = await startWithDocument({ allowAnonymous: false });
  const { status, text } = await ask(harness, 'GET', '/metrics');
  expect(status).toBe(200);
  expect(text).toMatch(/^syncline_\w*sessions 1$/m);
  expect(text).not.toMatch(/there|ada/);
});
