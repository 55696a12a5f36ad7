/** `moromi sign-file`: a file that is no package, signed by a key that a signer has. */
import { basename, dirname, resolve } from 'node:path';
import { download, ownName } from '../download.ts';
import { exits, Trouble } from '../trouble.ts';
import { sendFile } from '../upload.ts';
import type { Verb } from '../verb.ts';
import { watch } from '../watch.ts';

export const signFile: Verb = {
  name: 'sign-file',
  takes: '<key> <file>',
  summary: 'Have a file signed, such as a list of checksums, and fetch its signature',
  options: [
    { flags: '--clear', summary: 'around the text, as announcements are; without it beside the file' },
    { flags: '--tag <tag>', summary: "what it is for, where the signer's rules ask" },
    { flags: '--output <path>', summary: 'write the signature there, and not to <file>.asc' },
  ],
  notes: [
    'Verify it with `gpg --verify <file>.asc <file>`, and what is signed around its text without <file>.',
  ],
  async run(session, [key = '', path = ''], options) {
    const { client, screen } = session;
    const output = resolve(options.text('output') ?? `${path}.asc`);
    const name = ownName(basename(output));
    const tag = options.text('tag');
    const { sha256, size, name: file } = await sendFile(session, path);
    const form = options.flag('clear') ? 'clear' : 'detached';
    const asked = await client.call('signFile', {
      body: { sha256, size, name: file, key, form, ...(tag === undefined ? {} : { tag }) },
    });
    const exit = await watch(session, [asked.task]);
    const { signature, failure } = await client.call('getFileSignature', { params: { task: asked.task } });
    if (failure !== null)
      throw new Trouble(failure.code, failure.message, `See moromi task-info ${asked.task}.`, exits.failed);
    // Whoever has stopped watching may fetch it later.
    if (signature === null) return exit;
    await download(session, { name, ...signature }, dirname(output));
    if (screen.json) screen.jsonLine({ kind: 'signature', task: asked.task, output, ...signature });
    else screen.line(output);
    return exits.ok;
  },
};
