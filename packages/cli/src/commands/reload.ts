import { defineCommand } from '../command.ts';
import { connect, SERVER_OPTIONS } from '../operator-options.ts';
import { print, printJson } from '../output.ts';

export const command = defineCommand({
  about: `Makes a running server read its configuration anew, and puts the rules and the keys for tokens
in force, also for sessions that are open. When something is wrong with them, it says so, and
what was in force stays. Other settings need a restart. SIGHUP does the same.`,
  options: SERVER_OPTIONS,
  examples: ['reload', 'reload --url https://sync.example.com'],
  run: async ({ options }) => {
    await connect(options).reload();
    if (options.json) await printJson({ reloaded: true });
    else await print('Reloaded\n');
  },
});
