import { parseDocumentId } from '@syncline/protocol';
import { defineCommand } from '../command.ts';
import { formatNumberOf } from '../format.ts';
import { connect, SERVER_OPTIONS } from '../operator-options.ts';
import { print, printJson } from '../output.ts';
import { UsageError } from '../usage-error.ts';

export const command = defineCommand({
  about: `Ends the sessions of a user, or those of a document, on a running server. Clients that may come back
do so, and prove anew who they are. Tokens that the user got before are refused from then on,
until the server restarts: first see to it that nobody gives that user another one.`,
  options: {
    user: { value: 'ID', env: false, help: 'whose sessions end' },
    document: { value: 'NAME', env: false, help: 'the document whose sessions end' },
    ...SERVER_OPTIONS,
  },
  examples: ['revoke --user ada', 'revoke --document boards/red/1 --url https://sync.example.com'],
  run: async ({ options }) => {
    const ended = await connect(options).revoke(whose(options));
    if (options.json) await printJson({ ended });
    else await print(`Ended ${formatNumberOf(ended, 'session')}\n`);
  },
});

function whose({ user, document }: { user: string | undefined; document: string | undefined }) {
  if (user !== undefined && user !== '' && document === undefined) return { user };
  if (document !== undefined && user === undefined) return { document: parseDocumentId(document) };
  throw new UsageError('name either --user or --document');
}
