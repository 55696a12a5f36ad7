/** `moromi add-dist-record`, `list-dist-records`, `remove-dist-record`: what a repository has beside its packages. */
import type { DistRepo } from '@moromi/contract';
import { followAsked } from '../asked.ts';
import { bytes } from '../figures.ts';
import type { Screen } from '../screen.ts';
import type { Session } from '../session.ts';
import { exits } from '../trouble.ts';
import { sendFile } from '../upload.ts';
import type { Options, Verb } from '../verb.ts';
import { commaList } from '../words.ts';

/** By the words that people use. */
const typeOf: Record<string, string> = { comps: 'group' };
const tree = {
  flags: '--tree <trees>',
  summary: 'of these trees alone, such as x86_64/os; it comes before one of all trees',
  many: true,
} as const;
const nowait = { flags: '--nowait', summary: 'return when it is asked for' };

export const addDistRecord: Verb = {
  name: 'add-dist-record',
  takes: '<name> <type> <file>',
  summary: 'Give a repository that is shipped comps, modules, updateinfo, productid or another record',
  options: [tree, nowait],
  notes: [
    'The file may be packed with gzip, xz, zstd or bzip2. It takes the place of the record of that type and those trees.',
    'comps and productid go into the os trees where no tree is named; advisories are cut to the packages of each tree.',
  ],
  async run(session, [name = '', type = '', path = ''], options) {
    const { sha256, name: file } = await sendFile(session, path);
    const repo = await session.client.call('addDistRecord', {
      params: { name },
      body: { type: typeOf[type] ?? type, sha256, name: file, ...treesOf(options) },
    });
    return await told(session, options, repo);
  },
};

export const removeDistRecord: Verb = {
  name: 'remove-dist-record',
  takes: '<name> <type>',
  summary: 'Take a record from a repository that is shipped',
  options: [tree, nowait],
  async run(session, [name = '', type = ''], options) {
    const body = { type: typeOf[type] ?? type, ...treesOf(options) };
    return await told(
      session,
      options,
      await session.client.call('removeDistRecord', { params: { name }, body }),
    );
  },
};

export const listDistRecords: Verb = {
  name: 'list-dist-records',
  takes: '<name>',
  summary: 'List the records of a repository that is shipped',
  options: [],
  async run({ client, signal, screen }, [name = '']) {
    const { definition } = await client.call('getDist', { params: { name } }, { signal });
    if (screen.json) screen.document(definition.records);
    else showRecords(screen, definition.records);
    return exits.ok;
  },
};

function treesOf(options: Options): { trees?: string[] } {
  const trees = commaList(options.list('tree'));
  return trees.length === 0 ? {} : { trees };
}

async function told(session: Session, options: Options, repo: DistRepo): Promise<number> {
  return await followAsked(session, options, {
    ...{ kind: 'repo', value: repo, task: repo.task },
    tell: () => showRecords(session.screen, repo.definition.records),
  });
}

function showRecords(screen: Screen, records: DistRepo['definition']['records']): void {
  screen.table(
    [
      { head: 'Type', cell: (one) => one.type },
      { head: 'File', cell: (one) => one.name },
      { head: 'Size', cell: (one) => bytes(one.openSize), right: true },
      { head: 'Trees', cell: (one) => one.trees?.join(' ') ?? '(all it is for)' },
    ],
    records,
  );
}
