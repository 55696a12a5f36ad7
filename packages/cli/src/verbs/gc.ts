/** `moromi gc`: lets go of stored files that nothing names. */
import { bytes } from '../figures.ts';
import { exits } from '../trouble.ts';
import type { Verb } from '../verb.ts';

/** It looks at every file of the store. */
const timeoutMs = 3_600_000;

export const gc: Verb = {
  name: 'gc',
  takes: '',
  summary: 'Let go of stored files that nothing names; the hub does so by itself, bit by bit',
  options: [{ flags: '--dry-run', summary: 'only tell what would go' }],
  notes: [
    'A file that nothing names is on its way out for an hour at least before it is deleted; a new reference takes it back.',
  ],
  async run({ client, signal, screen }, _, options) {
    const dryRun = options.flag('dry-run');
    const said = await client.call('collectBlobs', { body: { dryRun } }, { signal, timeoutMs });
    if (screen.json) {
      screen.document(said);
      return exits.ok;
    }
    const amount = (one: { blobs: number; bytes: number }) => `${one.blobs} files, ${bytes(one.bytes)}`;
    screen.line(`Named by nothing:    ${amount(said.condemned)}${dryRun ? '' : ', on their way out now'}`);
    screen.line(`On their way before: ${amount(said.waiting)}`);
    if (!dryRun) screen.line(`Deleted:             ${amount(said.deleted)}`);
    screen.line(`Left by a crash:     ${amount(said.strays)}${dryRun ? '' : ', deleted'}`);
    return exits.ok;
  },
};
