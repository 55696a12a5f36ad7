/**
 * Reads repomd.xml, the root of a repository's metadata.
 *
 * Invariant: every record that is returned names a file below the repository by its SHA-256 and size, and no type stands
 * there twice.
 */
import { RepodataError, shown } from './errors.ts';
import { count, type Element, localPath, missing, sha256, twice, XmlReader } from './xml.ts';

export interface RepomdRecord {
  /** `primary`, `filelists`, `other`, `group`, `updateinfo`, … */
  type: string;
  /** `repodata/<sha256>-primary.xml.gz` */
  href: string;
  /** SHA-256 of the file, hex. */
  checksum: string;
  /** Bytes of the file. */
  size: number;
  /** SHA-256 and bytes of what the file unpacks to; null where nothing is packed. */
  openChecksum: string | null;
  openSize: number | null;
  timestamp: number | null;
  /** SHA-256 and bytes of a zchunk file's header; of others it is not there. */
  header?: { readonly checksum: string; readonly size: number };
}

export interface Repomd {
  revision: string;
  records: RepomdRecord[];
}

const repo = 'http://linux.duke.edu/metadata/repo';
const limits = { whole: 1024 * 1024, piece: 64 * 1024, depth: 8 };
const mostRecords = 100;

type Fields = Map<string, { element: Element; text: string }>;

/** Throws `RepodataError`: damaged, hostile, too_large. */
export function readRepomd(xml: Uint8Array | string): Repomd {
  const records: RepomdRecord[] = [];
  const seen = new Set<string>();
  let revision: string | undefined;
  let inside: 'revision' | 'data' | undefined;
  let type = '';
  let fields: Fields = new Map();
  let field: string | undefined;

  const reader = new XmlReader(
    {
      open(element, depth) {
        if (depth === 1 && !(element.uri === repo && element.local === 'repomd')) {
          throw new RepodataError('damaged', `The document is ${shown(element.local)}, not repomd.`);
        }
        if (depth === 2) {
          if (element.uri !== repo)
            throw new RepodataError('hostile', `repomd.xml has a foreign ${shown(element.local)}.`);
          if (element.local === 'revision') {
            if (revision !== undefined) throw twice('revision');
            inside = 'revision';
            revision = '';
          } else if (element.local === 'data') {
            inside = 'data';
            type = element.attributes['type'] ?? '';
            if (!/^[a-z][a-z0-9_-]{0,63}$/.test(type)) throw missing('type of a record');
            if (seen.has(type)) throw twice(`record of type ${type}`);
            if (seen.size >= mostRecords)
              throw new RepodataError('too_large', `repomd.xml has over ${mostRecords} records.`);
            seen.add(type);
            fields = new Map();
          }
        }
        if (depth === 3 && inside === 'data') {
          if (fields.has(element.local)) throw twice(element.local);
          field = element.local;
          fields.set(field, { element, text: '' });
        }
      },
      close(depth) {
        if (depth === 3) field = undefined;
        if (depth !== 2) return;
        if (inside === 'data') records.push(recordOf(type, fields));
        inside = undefined;
      },
      text(text, depth) {
        if (depth === 2 && inside === 'revision') revision = `${revision ?? ''}${text}`;
        const one = depth === 3 && field !== undefined ? fields.get(field) : undefined;
        if (one !== undefined) one.text += text;
      },
    },
    limits,
  );
  reader.write(typeof xml === 'string' ? new TextEncoder().encode(xml) : xml);
  reader.end();
  return { revision: (revision ?? '').trim(), records };
}

function recordOf(type: string, fields: Fields): RepomdRecord {
  const location = fields.get('location');
  if (location === undefined) throw missing(`location of ${type}`);
  const size = fields.get('size');
  const openSize = fields.get('open-size');
  const timestamp = fields.get('timestamp');
  const headerSize = fields.get('header-size');
  const headerChecksum = digest(fields, 'header-checksum', type);
  const checksum = digest(fields, 'checksum', type);
  if (checksum === null) throw missing(`checksum of ${type}`);
  return {
    type,
    href: localPath(location.element),
    checksum,
    size: count(size?.text, `size of ${type}`),
    openChecksum: digest(fields, 'open-checksum', type),
    openSize: openSize === undefined ? null : count(openSize.text, `open-size of ${type}`),
    ...(headerSize === undefined || headerChecksum === null
      ? {}
      : { header: { checksum: headerChecksum, size: count(headerSize.text, `header-size of ${type}`) } }),
    // createrepo_c of some versions writes a fraction.
    timestamp: timestamp === undefined ? null : count(timestamp.text.split('.')[0], `timestamp of ${type}`),
  };
}

function digest(fields: Fields, name: string, type: string): string | null {
  const field = fields.get(name);
  if (field === undefined) return null;
  if (field.element.attributes['type'] !== 'sha256') {
    throw new RepodataError('damaged', `The ${name} of ${type} is not a SHA-256.`);
  }
  return sha256(field.text, `${name} of ${type}`);
}
