/** `moromi add-key`: a key counts from now on. */
import { readFile } from 'node:fs/promises';
import { exits, usage } from '../trouble.ts';
import type { Verb } from '../verb.ts';

export const addKey: Verb = {
  name: 'add-key',
  takes: '<name> [file]',
  summary: 'Let a key count: its public part in a file, or one that a signer offers',
  options: [
    { flags: '--offered <fingerprint>', summary: 'a key that a signer offers' },
    { flags: '--offline', summary: 'it signs on a machine that reaches no hub' },
  ],
  notes: ['A key that was prolonged is added again under its name.'],
  async run(session, [name = '', file], options) {
    const { client, signal, screen } = session;
    const fingerprint = options.text('offered')?.replaceAll(' ', '').toLowerCase();
    if ((file === undefined) === (fingerprint === undefined))
      throw usage('add-key wants a file with the public key, or --offered with a fingerprint');
    const body = {
      name,
      ...(file === undefined ? {} : { armor: await readFile(file, 'utf8') }),
      ...(fingerprint === undefined ? {} : { fingerprint }),
      ...(options.flag('offline') ? { offline: true } : {}),
    };
    const key = await client.call('addKey', { body }, { signal });
    if (screen.json) screen.document(key);
    else screen.line(`Added key ${key.name}: ${key.algorithm} ${key.fingerprint}`);
    return exits.ok;
  },
};
