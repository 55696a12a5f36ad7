/** `moromi dist-repo`: makes a repository that is shipped, or a new revision of it. */
import { type DistRepo, Problem } from '@moromi/contract';
import { followAsked } from '../asked.ts';
import { distDefinition, distOptions } from '../dist-options.ts';
import type { Session } from '../session.ts';
import { usage } from '../trouble.ts';
import { sendFile } from '../upload.ts';
import type { Options, Verb } from '../verb.ts';

const records = ['comps', 'modules', 'updateinfo', 'productid'] as const;
const typeOf = { comps: 'group', modules: 'modules', updateinfo: 'updateinfo', productid: 'productid' };

export const distRepo: Verb = {
  name: 'dist-repo',
  takes: '<tag> [key...]',
  summary:
    'Make a repository that is shipped of a tag, with packages signed by keys, or a new revision of it',
  options: [
    { flags: '--name <name>', summary: "the repository's name, where it is not the tag's" },
    ...distOptions,
    ...records.map((one) => ({
      flags: `--${one} <file>`,
      summary: `${one} of the repository, from this file`,
    })),
    { flags: '--record <type=file>', summary: 'any other record of repomd.xml', many: true },
    { flags: '--nowait', summary: 'return when it is asked for' },
  ],
  notes: [
    'Where there is no such repository yet it is made; else what is said here changes it, and what is not said stays.',
    'Keys are names, the most wanted first. `moromi dist-repo-info` shows what a repository is made of.',
  ],
  async run(session, [tag = '', ...keys], options) {
    const name = options.text('name') ?? tag;
    const before = await find(session, name);
    if (before !== undefined && before.tag !== tag)
      throw usage(`the repository ${name} is of the tag ${before.tag}`, 'Give another --name.');
    const definition = {
      ...distDefinition(options, before?.definition.multilib),
      ...(keys.length === 0 ? {} : { keys }),
    };
    let repo = before === undefined ? await create(session, name, tag, definition) : before;
    const given = await addRecords(session, name, options);
    if (given !== undefined) repo = given;
    if (before !== undefined)
      repo =
        Object.keys(definition).length > 0
          ? await session.client.call('editDist', { params: { name }, body: { definition } })
          : (given ?? (await request(session, name)));
    const done = before === undefined ? 'Added' : 'New revision of';
    return await followAsked(session, options, {
      ...{ kind: 'repo', value: repo, task: repo.task },
      tell: () => session.screen.line(`${done} ${name}: ${repo.repoFile}`),
    });
  },
};

async function find(session: Session, name: string): Promise<DistRepo | undefined> {
  try {
    return await session.client.call('getDist', { params: { name } }, { signal: session.signal });
  } catch (error) {
    if (error instanceof Problem && error.code === 'unknown_repo') return undefined;
    throw error;
  }
}

async function create(
  session: Session,
  name: string,
  tag: string,
  definition: ReturnType<typeof distDefinition>,
): Promise<DistRepo> {
  const { settings } = await session.client.call('getTag', { params: { name: tag } });
  const arches = definition.arches ?? settings.arches;
  if (arches.length === 0) throw usage(`the tag ${tag} has no architectures`, 'Name them with --arch.');
  return await session.client.call('createDist', {
    body: { name, tag, definition: { ...definition, arches } },
  });
}

async function request(session: Session, name: string): Promise<DistRepo> {
  // Its task may have ended, and be the repository's no more, by the time that the repository is read.
  const { task } = await session.client.call('requestDist', { params: { name } });
  return { ...(await session.client.call('getDist', { params: { name } })), task };
}

async function addRecords(session: Session, name: string, options: Options): Promise<DistRepo | undefined> {
  const given = records.flatMap((one) => {
    const path = options.text(one);
    return path === undefined ? [] : [{ type: typeOf[one], path }];
  });
  for (const text of options.list('record')) {
    const [, type = '', path = ''] = /^([a-z][a-z0-9_-]*)=(.+)$/.exec(text) ?? [];
    if (path === '') throw usage(`--record wants TYPE=FILE, not "${text}"`);
    given.push({ type, path });
  }
  let repo: DistRepo | undefined;
  for (const { type, path } of given) {
    const { sha256, name: file } = await sendFile(session, path);
    repo = await session.client.call('addDistRecord', {
      params: { name },
      body: { type, sha256, name: file },
    });
  }
  return repo;
}
