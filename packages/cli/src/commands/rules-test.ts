import { dirname, join } from 'node:path';
import { RIGHT_NAMES, type RightName, type Rights, SyncError } from '@syncline/protocol';
import { Rules } from '@syncline/server/access';
import { defineCommand } from '../command.ts';
import { type LoadedRules, loadRules, loadRulesFile } from '../config/access.ts';
import { readText } from '../config/config-file.ts';
import { FILE_OPTIONS, RULES_OPTIONS } from '../config/config-options.ts';
import { type RulesTest, readRulesTests } from '../config/rules-tests-file.ts';
import { loadSettings } from '../config/settings.ts';
import { formatNumberOf, formatTable } from '../format.ts';
import { print } from '../output.ts';

export const command = defineCommand({
  words: ['<file>'],
  about: `Tries what rules grant on a table of users and documents, in YAML or JSON, and ends with 1 when
that is not what is expected:

  rules: rules.yaml                # else those that a server would use here
  tests:
    - user: ada                    # or claims, as { id: ada, teams: [red] }, or null for nobody
      document: boards/red/1
      expect: [read, awareness]    # exactly these rights, or { write: false } for some of them
      request: { origin: "https://example.com" }    # if rules ask for it`,
  options: { ...FILE_OPTIONS, ...RULES_OPTIONS },
  examples: ['rules test rules.test.yaml', 'rules test rules.test.yaml --rules rules.yaml'],
  run: async (given) => {
    const [file = ''] = given.words;
    const { value, problems } = readRulesTests(await readText(file));
    if (value === undefined) {
      const lines = problems.map(
        ({ line, column, message }) => `${file}:${line}:${column}: ${message}`,
      );
      throw new SyncError('rules-invalid', lines.join('\n'));
    }
    const isNamed = given.options.rules !== undefined || value.rules === undefined;
    const loaded = isNamed
      ? await loadRules(await loadSettings(given))
      : await loadRulesFile(join(dirname(file), value.rules ?? ''));
    const rules = rulesOf(loaded);
    const results = value.tests.map((test) => ({ test, ...resultOf(rules, test) }));
    const failed = results.filter(({ isPass }) => !isPass).length;
    await print(
      formatTable([
        ['', 'USER', 'DOCUMENT', 'EXPECTED', 'GRANTED'],
        ...results.map(({ test, isPass, granted }) => [
          isPass ? 'ok' : 'FAIL',
          test.identity.user === null ? '(nobody)' : test.identity.user.id,
          test.documentId,
          describeExpected(test.expected),
          granted.join(' ') || '(nothing)',
        ]),
      ]),
    );
    const count = formatNumberOf(results.length, 'test');
    if (failed > 0) throw new SyncError('rules-invalid', `${failed} of ${count} failed`);
    await print(`${count} passed, with the rules of ${loaded.from}\n`);
  },
});

function rulesOf({ sources, problems }: LoadedRules): Rules {
  if (problems.length > 0) throw new SyncError('rules-invalid', problems.join('\n'));
  return Rules.from(sources);
}

function resultOf(rules: Rules, { identity, documentId, request, expected }: RulesTest) {
  const rights = rules.rightsOf(identity, documentId, request);
  const granted = RIGHT_NAMES.filter((name) => rights[name]);
  return {
    granted,
    isPass: Object.entries(expected).every(([name, is]) => rights[name as RightName] === is),
  };
}

function describeExpected(expected: Partial<Rights>): string {
  const isWhole = RIGHT_NAMES.every((name) => expected[name] !== undefined);
  const names = RIGHT_NAMES.filter(
    (name) => expected[name] !== undefined && (!isWhole || expected[name]),
  );
  const words = names.map((name) => (expected[name] === true ? name : `no ${name}`));
  return words.join(isWhole ? ' ' : ', ') || '(nothing)';
}
