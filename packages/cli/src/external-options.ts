/**
 * What is said of an external repository, and of how a tag merges it, as options.
 *
 * Invariant: what is not named is not sent, so it stays as it was. An address that is given empty is taken away.
 */
import { readFile } from 'node:fs/promises';
import type { ExternalEdit, MergeMode, NewAttachment } from '@moromi/contract';
import { usage } from './trouble.ts';
import { type Option, type Options, wholeNumber } from './verb.ts';
import { commaList } from './words.ts';

export const externalOptions: Option[] = [
  { flags: '--mirrorlist <url>', summary: 'a list of mirrors, one a line' },
  { flags: '--metalink <url>', summary: 'a list of mirrors with the hashes of repomd.xml' },
  { flags: '--key <file>', summary: 'a public key, armored; several are one list', many: true },
  { flags: '--check-repo-key', summary: 'repomd.xml must be signed by one of the keys' },
  { flags: '--no-check-repo-key', summary: 'it need not be' },
  { flags: '--check-packages', summary: 'packages must be signed by one of the keys' },
  { flags: '--no-check-packages', summary: 'they need not be' },
  { flags: '--refresh <minutes>', summary: 'how often it is looked at; 0: with refresh-external-repo alone' },
];

const modes = ['koji', 'simple', 'bare'] as const satisfies readonly MergeMode[];

export const attachOptions: Option[] = [
  { flags: '-t, --tag <tag>', summary: 'a tag that merges it, TAG or TAG::PRIORITY', many: true },
  { flags: '-p, --priority <number>', summary: 'lower comes first; 50 where not said' },
  { flags: '-m, --mode <mode>', summary: 'how it is merged; koji where not said', choices: modes },
  { flags: '-a, --arches <arches>', summary: 'for these architectures alone; all: for all', many: true },
];

/** @returns what was named, and nothing else */
export async function externalSaid(options: Options, url: string | undefined): Promise<ExternalEdit> {
  const address = (text: string | undefined) => (text === '' ? null : text);
  const files = options.list('key').filter((file) => file !== '');
  const refresh = options.text('refresh');
  const said = {
    url: address(url),
    mirrorlist: address(options.text('mirrorlist')),
    metalink: address(options.text('metalink')),
    keys:
      options.list('key').length === 0
        ? undefined
        : await Promise.all(files.map((file) => readFile(file, 'utf8'))),
    checkRepoKey: switched(options, 'check-repo-key'),
    checkPackages: switched(options, 'check-packages'),
    refreshMinutes: refresh === undefined ? undefined : wholeNumber(refresh, '--refresh', 0, 100_000),
  };
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
}

function switched(options: Options, name: string): boolean | undefined {
  return options.flag(name) ? true : options.off(name) ? false : undefined;
}

/** For each tag that is named, how it is to merge it. */
export function attachments(options: Options, external: string): { tag: string; body: NewAttachment }[] {
  const usual = options.text('priority');
  const mode = options.text('mode') as MergeMode | undefined;
  const arches = commaList(options.list('arches'));
  return options.list('tag').map((text) => {
    const [, tag = '', own] = /^(.+?)(?:::(.*))?$/.exec(text) ?? [];
    if (tag === '') throw usage(`--tag wants TAG or TAG::PRIORITY, not "${text}"`);
    const priority = own ?? usual;
    const body = {
      external,
      ...(priority === undefined ? {} : { priority: wholeNumber(priority, 'the priority', 0, 10_000) }),
      ...(mode === undefined ? {} : { mode }),
      ...(arches.length === 0 ? {} : { arches: arches.includes('all') ? null : arches }),
    };
    return { tag, body };
  });
}
