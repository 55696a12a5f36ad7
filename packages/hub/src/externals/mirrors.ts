/**
 * Where an external repository is: its own address, or those that a mirror list or a metalink names.
 *
 * Invariant: what a list from the network names is on the network; no list leads to this machine's files. Sources of the
 * forms: dnf.conf(5) for mirror lists, RFC 5854's forerunner Metalink 3.0 as MirrorManager writes it for metalinks.
 */
import { XmlReader } from '@moromi/repodata';
import { Trouble } from './trouble.ts';

export interface Mirrors {
  /** Addresses of folders, with a slash at their end, the best first. */
  bases: string[];
  /** What repomd.xml must be one of, where the list says it: hash, hex, by its type. */
  wanted: { type: 'sha256' | 'sha512'; value: string }[] | null;
}

const mostMirrors = 200;
/** dnf's `$basearch`. */
const basearch: Readonly<Record<string, string>> = { i386: 'i386', i486: 'i386', i586: 'i386', i686: 'i386' };

/** The address for an architecture. */
export function addressFor(text: string, arch: string): string {
  return text.replaceAll('$basearch', basearch[arch] ?? arch).replaceAll('$arch', arch);
}

/** A folder's address, the same for each way to write it. */
export function folderOf(text: string): string {
  return text.endsWith('/') ? text : `${text}/`;
}

export function readMirrorlist(text: string, arch: string): Mirrors {
  const bases = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => addressFor(line, arch))
    .filter(isOutside)
    .map(folderOf);
  if (bases.length === 0) throw new Trouble('repo_no_mirrors', 'The mirror list names no mirror.');
  return { bases: bases.slice(0, mostMirrors), wanted: null };
}

/** Throws RepodataError where it is no XML, Trouble where it names no mirror or no hash that can be relied on. */
export function readMetalink(bytes: Uint8Array): Mirrors {
  const found: { url: string; preference: number }[] = [];
  const wanted: NonNullable<Mirrors['wanted']> = [];
  let inside: { element: 'url' | 'hash'; type: string; preference: number; text: string } | undefined;
  let file = false;
  const reader = new XmlReader(
    {
      open({ local, attributes }, depth) {
        if (depth === 1 && local !== 'metalink')
          throw new Trouble('repo_damaged', 'What should be a metalink is another document.');
        if (local === 'file') file = attributes['name'] === 'repomd.xml';
        if (!file || (local !== 'url' && local !== 'hash')) return;
        const preference = Number(attributes['preference'] ?? 0);
        inside = { element: local, type: attributes['type'] ?? '', preference, text: '' };
      },
      close() {
        const text = inside?.text.trim() ?? '';
        if (inside?.element === 'url' && text.endsWith('/repodata/repomd.xml') && isOutside(text))
          found.push({ url: text.slice(0, -'repodata/repomd.xml'.length), preference: inside.preference });
        if (inside?.element === 'hash' && (inside.type === 'sha256' || inside.type === 'sha512'))
          wanted.push({ type: inside.type, value: text.toLowerCase() });
        inside = undefined;
      },
      text(text) {
        if (inside !== undefined) inside.text += text;
      },
    },
    { whole: 4 * 1024 * 1024, piece: 64 * 1024, depth: 12 },
  );
  reader.write(bytes);
  reader.end();
  if (found.length === 0) throw new Trouble('repo_no_mirrors', 'The metalink names no mirror.');
  if (wanted.length === 0)
    throw new Trouble('repo_damaged', 'The metalink has no SHA-256 or SHA-512 of repomd.xml.');
  const sorted = found.toSorted((a, b) => b.preference - a.preference);
  return { bases: sorted.slice(0, mostMirrors).map((one) => one.url), wanted };
}

function isOutside(address: string): boolean {
  return /^https?:\/\/[^\s]+$/.test(address) && URL.canParse(address);
}
