/** `moromi add-external-repo`, `edit-external-repo`, `remove-external-repo`, `refresh-external-repo`. */
import { tellChanged } from '../changed.ts';
import { attachments, attachOptions, externalOptions, externalSaid } from '../external-options.ts';
import type { Session } from '../session.ts';
import { exits, usage } from '../trouble.ts';
import type { Options, Verb } from '../verb.ts';

const force = { flags: '--force', summary: 'although a tag is locked' } as const;
const forced = (options: Options): { force?: true } => (options.flag('force') ? { force: true } : {});

async function attachAll(session: Session, options: Options, name: string): Promise<void> {
  const { client, signal } = session;
  for (const { tag, body } of attachments(options, name)) {
    const said = { ...body, ...forced(options) };
    const changed = await client.call('attachExternal', { params: { name: tag }, body: said }, { signal });
    tellChanged(session, changed, `${tag} merges ${name}`);
  }
}

export const addExternalRepo: Verb = {
  name: 'add-external-repo',
  takes: '<name> [url]',
  summary: 'Add an external repository, or with --tag and no address let tags merge one that is there',
  options: [...attachOptions, ...externalOptions, force],
  notes: [
    "In addresses '$arch' stands for the architecture of the root, '$basearch' for what dnf calls it.",
    'koji: what has a source package first, our own builds before all, gives all of it; simple: all but what is',
    'blocked; bare: all, the same version once.',
  ],
  async run(session, [name = '', url], options) {
    const { client, signal, screen } = session;
    const said = await externalSaid(options, url);
    const tags = options.list('tag');
    if (Object.keys(said).length === 0 && tags.length === 0)
      throw usage(
        'add-external-repo wants an address, --mirrorlist, --metalink, or --tag for one that is there',
      );
    if (Object.keys(said).length > 0) {
      const made = await client.call('createExternal', { body: { name, ...said } }, { signal });
      if (!screen.json || tags.length === 0) {
        if (screen.json) screen.document(made);
        else screen.line(`Added external repository ${name}`);
      }
    }
    await attachAll(session, options, name);
    return exits.ok;
  },
};

export const editExternalRepo: Verb = {
  name: 'edit-external-repo',
  takes: '<name>',
  summary: 'Change an external repository, or how tags merge it; what is not named stays',
  options: [{ flags: '--url <url>', summary: 'where it is' }, ...attachOptions, ...externalOptions, force],
  async run(session, [name = ''], options) {
    const { client, signal, screen } = session;
    const body = await externalSaid(options, options.text('url'));
    const tags = options.list('tag');
    if (Object.keys(body).length === 0 && tags.length === 0)
      throw usage('nothing is said that could be changed', 'See `moromi edit-external-repo --help`.');
    if (Object.keys(body).length > 0) {
      const edited = await client.call('editExternal', { params: { name }, body }, { signal });
      if (!screen.json) screen.line(`Edited external repository ${name}`);
      else if (tags.length === 0) screen.document(edited);
    }
    await attachAll(session, options, name);
    return exits.ok;
  },
};

export const removeExternalRepo: Verb = {
  name: 'remove-external-repo',
  takes: '<name> [tag...]',
  summary: 'Let tags merge an external repository no more; without tags, remove it',
  options: [{ flags: '--alltags', summary: 'take it from all tags' }, force],
  async run(session, [name = '', ...named], options) {
    const { client, signal, screen } = session;
    const all = options.flag('alltags');
    if (all && named.length > 0) throw usage('say tags or --alltags');
    const tags = all
      ? (await client.call('getExternal', { params: { name } }, { signal })).tags.map((one) => one.tag)
      : named;
    for (const tag of tags) {
      const body = { external: name, ...forced(options) };
      const changed = await client.call('detachExternal', { params: { name: tag }, body }, { signal });
      tellChanged(session, changed, `${tag} merges ${name} no more`);
    }
    if (all || named.length > 0) return exits.ok;
    await client.call('removeExternal', { params: { name }, body: {} }, { signal });
    if (screen.json) screen.document({});
    else screen.line(`Removed external repository ${name}`);
    return exits.ok;
  },
};

export const refreshExternalRepo: Verb = {
  name: 'refresh-external-repo',
  takes: '<name>',
  summary: 'Look at an external repository now',
  options: [],
  async run(session, [name = ''], _options) {
    const { client, signal, screen } = session;
    const found = await client.call('refreshExternal', { params: { name }, body: {} }, { signal });
    if (screen.json) screen.document(found);
    else if (found.tasks.length === 0) screen.line(`No tag merges ${name} yet`);
    else screen.line(`Looking: moromi watch-task ${found.tasks.join(' ')}`);
    return exits.ok;
  },
};
