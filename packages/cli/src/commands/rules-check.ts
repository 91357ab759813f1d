import { SyncError } from '@syncline/protocol';
import { defineCommand } from '../command.ts';
import { loadRules, loadRulesFile } from '../config/access.ts';
import { FILE_OPTIONS, RULES_OPTIONS } from '../config/config-options.ts';
import { loadSettings } from '../config/settings.ts';
import { formatNumberOf } from '../format.ts';
import { print } from '../output.ts';

export const command = defineCommand({
  words: ['[<file>]'],
  about: `Checks the rules in a file, or else those that a server would use here: every pattern, and every
expression with its types and names. Says each thing that is wrong with its file, line and
column, and ends with 1 if there is any.`,
  options: { ...FILE_OPTIONS, ...RULES_OPTIONS },
  examples: ['rules check rules.yaml', 'rules check --config /etc/syncline/syncline.config.json'],
  run: async (given) => {
    const [file] = given.words;
    const { from, sources, problems } =
      file === undefined ? await loadRules(await loadSettings(given)) : await loadRulesFile(file);
    if (problems.length === 0) {
      const verb = sources.length === 1 ? 'is' : 'are';
      await print(`${from}: ${formatNumberOf(sources.length, 'rule')} ${verb} fine\n`);
      return;
    }
    await print(problems.map((line) => `${line}\n`).join(''));
    throw new SyncError('rules-invalid', `${from}: ${formatNumberOf(problems.length, 'problem')}`);
  },
});
