/**
 * Writes repomd.xml, the root of a repository's metadata; `readRepomd` (repomd.ts) reads it.
 *
 * Invariant: the same records give the same bytes. Source of the form and of the order of elements: createrepo_c,
 * src/xml_dump_repomd.c.
 */
import type { RepomdRecord } from '../repomd.ts';
import { inAttribute, inText } from './written.ts';

export interface WrittenRecord extends RepomdRecord {
  /** Of sqlite records: the version of their tables. */
  readonly databaseVersion?: number;
}

/** What the repository says of itself. */
export interface RepomdTags {
  /** `binary-x86_64` */
  readonly content?: readonly string[];
  readonly repo?: readonly string[];
  readonly distro?: readonly { readonly name: string; readonly cpe?: string }[];
}

/**
 * @param revision clients take the greater number for the newer
 * @param records in the order in which they are to stand, no type twice
 */
export function writeRepomd(
  revision: string,
  records: readonly WrittenRecord[],
  tags: RepomdTags = {},
): Buffer {
  if (new Set(records.map(({ type }) => type)).size < records.length)
    throw new Error('A type stands twice among the records of repomd.xml.');
  const address = 'http://linux.duke.edu/metadata';
  return Buffer.from(
    [
      '<?xml version="1.0" encoding="UTF-8"?>',
      `<repomd xmlns="${address}/repo" xmlns:rpm="${address}/rpm">`,
      `  <revision>${inText(revision)}</revision>`,
      ...linesOfTags(tags),
      ...records.flatMap(linesOf),
      '</repomd>\n',
    ].join('\n'),
  );
}

function linesOfTags({ content = [], repo = [], distro = [] }: RepomdTags): string[] {
  if (content.length + repo.length + distro.length === 0) return [];
  return [
    '  <tags>',
    ...content.map((tag) => `    <content>${inText(tag)}</content>`),
    ...repo.map((tag) => `    <repo>${inText(tag)}</repo>`),
    ...distro.map(({ name, cpe }) => {
      const attribute = cpe === undefined ? '' : ` cpeid="${inAttribute(cpe)}"`;
      return `    <distro${attribute}>${inText(name)}</distro>`;
    }),
    '  </tags>',
  ];
}

function linesOf(record: WrittenRecord): string[] {
  const { type, checksum, openChecksum, header, href, timestamp, size, openSize, databaseVersion } = record;
  const optional = (value: unknown, line: string) =>
    value === null || value === undefined ? [] : [`    ${line}`];
  return [
    `  <data type="${inAttribute(type)}">`,
    `    <checksum type="sha256">${checksum}</checksum>`,
    ...optional(openChecksum, `<open-checksum type="sha256">${openChecksum}</open-checksum>`),
    ...optional(header, `<header-checksum type="sha256">${header?.checksum}</header-checksum>`),
    `    <location href="${inAttribute(href)}"/>`,
    ...optional(timestamp, `<timestamp>${timestamp}</timestamp>`),
    `    <size>${size}</size>`,
    ...optional(openSize, `<open-size>${openSize}</open-size>`),
    ...optional(header, `<header-size>${header?.size}</header-size>`),
    ...optional(databaseVersion, `<database_version>${databaseVersion}</database_version>`),
    '  </data>',
  ];
}
