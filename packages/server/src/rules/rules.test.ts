import { parseDocumentId, RIGHT_NAMES, type SyncError } from '@syncline/protocol';
import { describe, expect, it } from 'vitest';
import type { Claims, RequestFacts } from '../identity/identity.ts';
import { checkRules, defaultRules, positionIn, type RuleSource, Rules } from './rules.ts';

const REQUEST: RequestFacts = {
  address: '10.0.0.1',
  origin: undefined,
  path: '/doc',
  headers: { 'x-tenant': 'a' },
};

/** The rights that are granted, in their order. */
function granted(
  rules: readonly RuleSource[],
  user: Claims | null,
  document = 'doc',
  request = REQUEST,
): string {
  const rights = Rules.from(rules).rightsOf({ user }, parseDocumentId(document), request);
  return RIGHT_NAMES.filter((name) => rights[name]).join(' ');
}

/** Whether an expression grants reading. */
const reads = (read: string, user: Claims | null = { id: 'ada' }, request = REQUEST) =>
  granted([{ document: '{name}', read }], user, 'doc', request) === 'read';

function problem(rules: readonly RuleSource[]): string {
  try {
    Rules.from(rules);
  } catch (error) {
    expect((error as SyncError).code).toBe('rules-invalid');
    return (error as SyncError).message;
  }
  return 'none';
}

describe('rules', () => {
  const boards: RuleSource = {
    document: 'boards/{team}/{board}',
    read: 'true',
    write: 'user.teams.exists(t, t == params.team)',
    awareness: 'user != null',
  };

  it('grant what their expressions say, and nothing that is not named', () => {
    const ada = { id: 'ada', teams: ['red'] };
    expect(granted([boards], ada, 'boards/red/1')).toBe('read write awareness');
    expect(granted([boards], ada, 'boards/blue/1')).toBe('read awareness');
    expect(granted([boards], null, 'boards/red/1')).toBe('read');
    expect(granted([boards], ada, 'other')).toBe('');
    expect(granted([boards], ada, 'boards/red')).toBe('');
  });

  it('decide by the side of || and && that does not fail', () => {
    for (const expression of ['user.missing || true', 'true || user.missing']) {
      expect(reads(expression)).toBe(true);
    }
    for (const expression of ['user.missing && true', 'true && user.missing']) {
      expect(reads(expression)).toBe(false);
    }
  });

  it('add up, and none takes away what another grants', () => {
    const rules = [
      { document: '**', read: 'user != null', write: 'false' },
      { document: 'shared/**', write: 'true' },
      { document: 'shared/*', read: 'false', broadcast: 'true' },
    ];
    expect(granted(rules, { id: 'ada' }, 'shared/a')).toBe('read write broadcast');
    expect(granted(rules.toReversed(), { id: 'ada' }, 'shared/a')).toBe('read write broadcast');
    expect(granted(rules, { id: 'ada' }, 'a')).toBe('read');
  });

  it('that do not grant reading grant nothing', () => {
    const all = { write: 'true', awareness: 'true', broadcast: 'true', admin: 'true' };
    expect(granted([{ document: '**', ...all }], null)).toBe('');
    expect(granted([{ document: '**', read: 'false', ...all }], null)).toBe('');
  });

  it('of which there are none deny everything', () => {
    expect(granted([], { id: 'ada', admin: true })).toBe('');
  });

  it('see the user, the name, its parts and the request', () => {
    const user = { id: 'ada', level: 3, email: 'ada@example.com', nested: { a: { b: [1, 2] } } };
    const page = { ...REQUEST, origin: 'https://example.com' };
    for (const expression of [
      'user.id == "ada" && user["id"] == "ada"',
      'user.level == 3 && user.level >= 2 && user.level < 3.5',
      'user.email.endsWith("@example.com")',
      'user.nested.a.b[1] == 2 && 1 in user.nested.a.b',
      'params.name == "doc" && document == "doc" && document.startsWith("d")',
      'request.address == "10.0.0.1" && request.path == "/doc"',
      'request.headers["x-tenant"] == "a"',
      'request.origin == "https://example.com"',
    ]) {
      expect([expression, reads(expression, user, page)]).toEqual([expression, true]);
    }
    expect(reads('request.origin == null', user)).toBe(true);
  });

  it.each([
    ['user.missing == 1'],
    ['user.missing'],
    ['!user.missing'],
    ['user.id'],
    ['user.teams.all(t, t == "a")'],
    ['request.headers.missing == "a"'],
    ['user.constructor != null'],
    ['has(user.toString)'],
    ['user.__proto__ != null'],
    ['dyn("true")'],
    ['dyn(1)'],
    ['dyn(null)'],
  ])('a condition that fails, or gives something else than true, denies: %s', (expression) => {
    expect(checkRules([{ document: '**', read: expression }])).toEqual([]);
    expect(reads(expression)).toBe(false);
  });

  it('a claim that somebody else has shows nothing to who is anonymous', () => {
    expect(reads('user.id == params.name', null)).toBe(false);
    expect(reads('user == null', null)).toBe(true);
    expect(reads('user == null')).toBe(false);
  });

  it('make who has admin on all documents the administrator of the server', () => {
    const isAdmin = (rules: readonly RuleSource[], user: Claims | null) =>
      Rules.from(rules).isAdmin({ user }, REQUEST);
    const all = { read: 'true', admin: 'user.id == "root"' };
    expect(isAdmin([{ document: '**', ...all }], { id: 'root' })).toBe(true);
    expect(isAdmin([{ document: '**', ...all }], { id: 'ada' })).toBe(false);
    expect(isAdmin([{ document: '**', ...all }], null)).toBe(false);
    expect(isAdmin([{ document: '**', admin: 'true' }], { id: 'root' })).toBe(false);
    for (const document of ['*', '{name}', 'a/**']) {
      expect(isAdmin([{ document, ...all }], { id: 'root' })).toBe(false);
    }
  });

  it('are told apart by each one’s own parameters', () => {
    const rules = [
      { document: '{a}/x', read: 'params.a == "x"' },
      { document: 'x/{b}', read: 'params.b == "y"' },
    ];
    expect(granted(rules, null, 'x/x')).toBe('read');
    expect(granted(rules, null, 'x/y')).toBe('read');
    expect(granted(rules, null, 'y/x')).toBe('');
  });
});

describe('what is wrong with rules', () => {
  it.each([
    ['usr.id == "a"', '1:1: Unknown variable: usr (there are user, params, document and request)'],
    ['user.id == parms.name', '1:12: Unknown variable: parms'],
    ['params.nam == "a"', '1:8: No such key: nam (the pattern has name)'],
    ['true &&\n  request.orign == 1', '2:11: No such key: orign'],
    ['true &&', '1:8: Unexpected token'],
    ['', '1:1: Unexpected token'],
    ['document', '1:1: gives a string; it must give true or false'],
    ['document == 1', '1:1: no such overload: string == int'],
    ['nonsense(document)', '1:1: found no matching overload'],
    ['true || document.matches("(a+)+$")', '1:9: matches() is not available'],
    ['user.ids.exists(t, t.matches(t))', '1:20: matches() is not available'],
    [`${'('.repeat(80)}true${')'.repeat(80)}`, '1:'],
  ])('is found before anybody comes: %j', (write, message) => {
    const rules = [
      { document: '**', read: 'true' },
      { document: '{name}', write },
    ];
    expect(problem(rules)).toContain(`rule 2, write ${message}`);
  });

  it('is told all at once', () => {
    const rules = [
      { document: '{a', read: 'true' },
      { document: '**', read: 'x', write: 'y' },
    ];
    expect(problem(rules).split('; ')).toHaveLength(3);
    expect(checkRules(rules).map(({ rule, key }) => [rule, key])).toEqual([
      [0, 'document'],
      [1, 'read'],
      [1, 'write'],
    ]);
  });

  it('has a position in its text', () => {
    expect(positionIn('abc', 0)).toEqual({ line: 1, column: 1 });
    expect(positionIn('a\nbc\nd', 3)).toEqual({ line: 2, column: 2 });
  });
});

describe('without rules', () => {
  it('users may do everything but administer, when there is authentication', () => {
    const rules = defaultRules(true);
    expect(granted(rules, { id: 'ada' })).toBe('read write awareness broadcast');
    expect(granted(rules, { id: 'ada', admin: true })).toBe('read write awareness broadcast admin');
    expect(granted(rules, { id: 'ada', admin: 'true' })).toBe('read write awareness broadcast');
    expect(granted(rules, null)).toBe('');
  });

  it('everybody may do everything but administer, when there is none', () => {
    expect(granted(defaultRules(false), null)).toBe('read write awareness broadcast');
  });
});
