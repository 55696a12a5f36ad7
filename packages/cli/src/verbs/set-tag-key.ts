/** `moromi set-tag-key`, `remove-tag-key`: whose signatures a tag wants. */
import type { TagKeys } from '@moromi/contract';
import type { Screen } from '../screen.ts';
import { exits, usage } from '../trouble.ts';
import type { Verb } from '../verb.ts';
import { commaList } from '../words.ts';

export const setTagKey: Verb = {
  name: 'set-tag-key',
  takes: '<tag> [key]',
  summary: 'Let a tag want the signatures of a key; without a key show whose it wants',
  options: [
    { flags: '--none', summary: 'it wants none, whatever its parents say' },
    { flags: '--form <form>', summary: 'what is signed', choices: ['header', 'header+payload'] },
    { flags: '--arch <arch>', summary: 'only these architectures; src is one', many: true },
    { flags: '--rpm <version>', summary: 'the oldest rpm that must be able to verify it, such as 4.14' },
  ],
  async run(session, [name = '', key], options) {
    const { client, signal, screen } = session;
    const none = options.flag('none');
    if (none && key !== undefined) throw usage('a tag that wants none wants no key');
    const arches = commaList(options.list('arch'));
    const [form, rpm] = [options.text('form'), options.text('rpm')];
    if (key === undefined && !none) {
      if (form !== undefined || rpm !== undefined || options.list('arch').length > 0)
        throw usage('--form, --arch and --rpm want the key that they are about');
      show(screen, await client.call('getTagKeys', { params: { name } }, { signal }));
      return exits.ok;
    }
    const body = {
      key: key ?? null,
      ...(form === undefined ? {} : { form: form as 'header' | 'header+payload' }),
      ...(arches.length === 0 ? {} : { arches }),
      ...(rpm === undefined ? {} : { rpm }),
    };
    show(screen, await client.call('setTagKey', { params: { name }, body }, { signal }));
    return exits.ok;
  },
};

export const removeTagKey: Verb = {
  name: 'remove-tag-key',
  takes: '<tag> [key]',
  summary: 'Let a tag say no more that it wants a key, or (without one) that it wants none',
  options: [],
  async run(session, [name = '', key = null], _options) {
    const { client, signal, screen } = session;
    show(screen, await client.call('removeTagKey', { params: { name }, body: { key } }, { signal }));
    return exits.ok;
  },
};

function show(screen: Screen, said: TagKeys): void {
  if (screen.json) {
    screen.document(said);
    return;
  }
  if (said.from === null) screen.line(`${said.tag} wants no signatures: neither it nor a parent says so.`);
  else if (said.from !== said.tag) screen.line(`${said.from} says so:`);
  screen.table(
    [
      { head: 'Key', cell: (one) => one.key ?? '(none)' },
      { head: 'Form', cell: (one) => (one.key === null ? '' : one.form) },
      { head: 'Arches', cell: (one) => one.arches?.join(',') ?? '(all)' },
      { head: 'rpm', cell: (one) => one.rpm },
    ],
    said.keys,
  );
}
