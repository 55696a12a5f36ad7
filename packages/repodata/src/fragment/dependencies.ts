/**
 * What a package asks for and offers, as the lists of primary metadata.
 *
 * Invariant: which entries there are, and their order, is createrepo_c's (src/parsehdr.c, cr_package_from_header),
 * since depsolvers have seen nothing else for fifteen years. Entries stand as in the header, except of `requires`:
 * - what rpm demands of itself (`rpmlib(…)`) is dropped;
 * - a path that the package has, and that primary lists, is dropped;
 * - what the package provides with the same comparison and version, letter by letter, is dropped;
 * - a name that stands there with the same comparison, version and `pre` is dropped, where it is the last of that name;
 * - of all that begin with `libc.so.6` the highest stays, as the last entry (`libc.ts`);
 * - what may be missing (SUSE's way to recommend, before there were weak dependencies) comes first in `recommends`.
 * Of any list an entry is dropped whose version has an epoch that is no number; one without a name leaves an empty list.
 * Unlike createrepo_c, a list without flags or versions is read, as one without comparisons, as rpm does; and what text
 * reading drops (`texts.ts`) is dropped before names are compared.
 */
import { type Header, isPreRequire, SENSE, TAG } from '@moromi/rpm';
import { RepodataError } from '../errors.ts';
import type { OwnFiles } from './files.ts';
import { compareLibc } from './libc.ts';
import { textsOf } from './texts.ts';

const kinds = {
  provides: ['PROVIDENAME', 'PROVIDEFLAGS', 'PROVIDEVERSION'],
  conflicts: ['CONFLICTNAME', 'CONFLICTFLAGS', 'CONFLICTVERSION'],
  obsoletes: ['OBSOLETENAME', 'OBSOLETEFLAGS', 'OBSOLETEVERSION'],
  requires: ['REQUIRENAME', 'REQUIREFLAGS', 'REQUIREVERSION'],
  suggests: ['SUGGESTNAME', 'SUGGESTFLAGS', 'SUGGESTVERSION'],
  enhances: ['ENHANCENAME', 'ENHANCEFLAGS', 'ENHANCEVERSION'],
  recommends: ['RECOMMENDNAME', 'RECOMMENDFLAGS', 'RECOMMENDVERSION'],
  supplements: ['SUPPLEMENTNAME', 'SUPPLEMENTFLAGS', 'SUPPLEMENTVERSION'],
  oldSuggests: ['OLDSUGGESTSNAME', 'OLDSUGGESTSFLAGS', 'OLDSUGGESTSVERSION'],
  oldEnhances: ['OLDENHANCESNAME', 'OLDENHANCESFLAGS', 'OLDENHANCESVERSION'],
} as const;
type Kind = keyof typeof kinds;

/** The order in primary metadata. */
const listed = [
  'provides',
  'requires',
  'conflicts',
  'obsoletes',
  'suggests',
  'enhances',
  'recommends',
  'supplements',
] as const;
type List = (typeof listed)[number];

const most = 2 ** 25;

interface Entry {
  readonly name: string;
  /** The name as an attribute. */
  readonly spelled: string;
  /** How it is written in primary metadata; empty for no comparison. */
  readonly comparison: string;
  /** As in the header, as an attribute. */
  readonly version: string;
  /** Bits of `SENSE`. */
  readonly flags: number;
}

/** The elements of all lists that are not empty. Throws RepodataError damaged, hostile. */
export function dependencyLists(header: Header, files: OwnFiles): string {
  const lists = new Lists();
  const provided = entriesOf(header, 'provides').filter((one) => lists.add('provides', one));
  for (const list of ['conflicts', 'obsoletes'] as const) lists.addAll(list, entriesOf(header, list));
  addRequires(lists, entriesOf(header, 'requires'), provided, files);
  for (const list of ['suggests', 'enhances', 'recommends', 'supplements'] as const)
    lists.addAll(list, entriesOf(header, list));
  for (const one of entriesOf(header, 'oldSuggests'))
    lists.add((one.flags & SENSE.STRONG) === 0 ? 'suggests' : 'recommends', one);
  for (const one of entriesOf(header, 'oldEnhances'))
    lists.add((one.flags & SENSE.STRONG) === 0 ? 'enhances' : 'supplements', one);
  return lists.xml();
}

class Lists {
  readonly #inside: Partial<Record<List, string>> = {};
  #length = 0;

  /** Gives whether the entry is one that can be said. */
  add(list: List, { name, spelled, comparison, version }: Entry, pre = ''): boolean {
    const range = rangeOf(comparison, version);
    if (range === null) return false;
    const xml = name === '' ? '' : `      <rpm:entry name="${spelled}"${range}${pre}/>\n`;
    this.#inside[list] = (this.#inside[list] ?? '') + xml;
    this.#length += xml.length;
    if (this.#length > most)
      throw new RepodataError('too_large', `The package has more than ${most} characters of dependencies.`);
    return true;
  }

  addAll(list: List, entries: readonly Entry[]): void {
    for (const one of entries) this.add(list, one);
  }

  xml(): string {
    let xml = '';
    for (const list of listed) {
      const inside = this.#inside[list];
      if (inside === undefined) continue;
      xml += inside === '' ? `    <rpm:${list}/>\n` : `    <rpm:${list}>\n${inside}    </rpm:${list}>\n`;
    }
    return xml;
  }
}

function addRequires(
  lists: Lists,
  requires: readonly Entry[],
  provides: readonly Entry[],
  files: OwnFiles,
): void {
  const provided = new Set(provides.map(({ name }) => name));
  const exactly = new Set(provides.map(keyOf));
  const last = new Map<string, Entry>();
  let libc: Entry | undefined;
  for (const entry of requires) {
    const { name, flags } = entry;
    if (name.startsWith('rpmlib(') || (name.startsWith('/') && files.listed.has(name))) continue;
    if (provided.has(name) && exactly.has(keyOf(entry))) continue;
    const before = last.get(name);
    if (before !== undefined && keyOf(before) === keyOf(entry) && preOf(before) === preOf(entry)) continue;
    if ((flags & SENSE.MISSINGOK) !== 0) lists.add('recommends', entry);
    else if (!name.startsWith('libc.so.6')) {
      if (lists.add('requires', entry, preOf(entry))) last.set(name, entry);
    } else if (rangeOf(entry.comparison, entry.version) !== null) {
      if (libc === undefined || compareLibc(libc.name, name) < 0) libc = entry;
    }
  }
  if (libc !== undefined) lists.add('requires', libc, preOf(libc));
}

function keyOf({ name, comparison, version }: Entry): string {
  return `${name}\0${comparison}\0${version}`;
}

function preOf({ flags }: Entry): string {
  return isPreRequire(flags) ? ' pre="1"' : '';
}

function entriesOf(header: Header, kind: Kind): Entry[] {
  const [nameTag, flagsTag, versionTag] = kinds[kind];
  const names = textsOf(header, TAG[nameTag], 'name');
  if (names.count === 0) return [];
  const versions = textsOf(header, TAG[versionTag], 'name');
  const flags = header.get(TAG[flagsTag]);
  const lengths = [versions.count === 0 ? names.count : versions.count, flags?.length ?? names.count];
  if (lengths.some((length) => length !== names.count))
    throw new RepodataError('damaged', `The header has not as many flags and versions as names of ${kind}.`);
  const [spelled, spelledVersions] = [names.inAttributes(), versions.inAttributes()];
  return names.raw.map((name, at) => ({
    name,
    spelled: spelled[at] ?? '',
    comparison: comparisonOf(flags?.[at] ?? 0),
    version: spelledVersions[at] ?? '',
    flags: flags?.[at] ?? 0,
  }));
}

/** Of the four lowest bits; combinations that nothing writes are no comparison. */
function comparisonOf(flags: number): string {
  switch (flags & 15) {
    case SENSE.LESS:
      return 'LT';
    case SENSE.LESS | SENSE.EQUAL:
      return 'LE';
    case SENSE.EQUAL:
      return 'EQ';
    case SENSE.GREATER | SENSE.EQUAL:
      return 'GE';
    case SENSE.GREATER:
      return 'GT';
    default:
      return '';
  }
}

/**
 * The attributes, or null where a version has an epoch that is no number as strtol reads it: spaces, a sign, digits.
 * @param evr as an attribute, in which white space but the space is spelled as numbers
 */
function rangeOf(comparison: string, evr: string): string | null {
  const colon = evr.indexOf(':');
  if (colon > 0 && !/^(?: |&#(?:9|10|13);)*[+-]?[0-9]+$/.test(evr.slice(0, colon))) return null;
  if (comparison === '') return '';
  if (evr === '') return ` flags="${comparison}"`;
  const epoch = colon > 0 ? evr.slice(0, colon) : '0';
  const dash = evr.indexOf('-', colon + 1);
  const version = dash < 0 ? evr.slice(colon + 1) : evr.slice(colon + 1, dash);
  const ver = version === '' ? '' : ` ver="${version}"`;
  const rel = dash < 0 || dash + 1 === evr.length ? '' : ` rel="${evr.slice(dash + 1)}"`;
  return ` flags="${comparison}" epoch="${epoch}"${ver}${rel}`;
}
