/** `moromi add-tag`: a new tag with its settings. */
import type { NewTag } from '@moromi/contract';
import { exits, usage } from '../trouble.ts';
import type { Options, Verb } from '../verb.ts';
import { commaList, duration, externalRepo, macros, parents } from '../words.ts';

export const addTag: Verb = {
  name: 'add-tag',
  takes: '<name>',
  summary: 'Add a tag',
  options: [
    { flags: '--arch <arch>', summary: 'architectures that are built in it', many: true },
    { flags: '--inherit <parent>', summary: 'PARENT or PARENT:PRIORITY, lower first', many: true },
    { flags: '--external <repo>', summary: 'NAME=URL or NAME=URL@PRIORITY; $arch in the URL', many: true },
    { flags: '--dist <dist>', summary: 'the macro %dist' },
    { flags: '--macro <macro>', summary: "a macro: 'NAME VALUE'", many: true },
    {
      flags: '--group <list>',
      summary: 'build=PKG,… or srpm-build=PKG,…: what stands in the root; PKG,… for both',
      many: true,
    },
    { flags: '--timeout <duration>', summary: 'wall time of one step of a build' },
  ],
  async run(session, [name = ''], options) {
    const { client, signal, screen } = session;
    const tag = await client.call('createTag', { body: newTag(name, options) }, { signal });
    if (screen.json) screen.document(tag);
    else screen.line(`Added tag ${tag.name} (change ${tag.change}); its repository: ${tag.repoFile}`);
    return exits.ok;
  },
};

export function newTag(name: string, options: Options): NewTag {
  const arches = commaList(options.list('arch'));
  const set = macros(options.list('macro'), '--macro');
  const dist = options.text('dist');
  if (dist !== undefined) set['dist'] = dist;
  const external = options.list('external').map(externalRepo);
  const groups = groupsOf(options.list('group'));
  const timeout = options.text('timeout');
  const inherits = parents(options.list('inherit'));
  return {
    name,
    ...(inherits.length > 0 ? { inherits } : {}),
    settings: {
      ...(arches.length > 0 ? { arches } : {}),
      ...(Object.keys(set).length > 0 ? { macros: set } : {}),
      ...(external.length > 0 ? { externalRepos: external } : {}),
      ...(groups === undefined ? {} : { groups }),
      ...(timeout === undefined ? {} : { timeoutSeconds: duration(timeout, '--timeout') }),
    },
  };
}

function groupsOf(texts: string[]): { srpmBuild: string[]; build: string[] } | undefined {
  if (texts.length === 0) return undefined;
  const groups = { srpmBuild: [] as string[], build: [] as string[] };
  for (const text of texts) {
    const match = /^(?:([a-z-]+)=)?(.+)$/.exec(text);
    const packages = commaList([match?.[2] ?? '']);
    const which = match?.[1];
    if (which !== undefined && which !== 'build' && which !== 'srpm-build') {
      throw usage(`--group knows build and srpm-build, not "${which}"`);
    }
    if (which !== 'srpm-build') groups.build.push(...packages);
    if (which !== 'build') groups.srpmBuild.push(...packages);
  }
  return groups;
}
