/**
 * What metadata says of one package, whatever signature it carries and wherever it lies.
 *
 * Invariant: a fragment is a function of the header (and of the sizes that the signature header states of the payload,
 * which signing leaves alone), byte for byte; what signing or a layout changes is a hole (`entries.ts`).
 *
 * The meaning is createrepo_c's (0.17.3), field by field and in its order; see `dependencies.ts`, `files.ts`,
 * `changelog.ts` and `texts.ts` for its rules. It differs in two things: what createrepo_c would leave out whole for a
 * control character in a prose field is listed without the character; and headers that contradict themselves are refused.
 */
import { checkNevra, type Header, isSourcePackage, type RpmHeaders, SIGTAG, TAG } from '@moromi/rpm';
import { RepodataError } from '../errors.ts';
import { changelogOf } from './changelog.ts';
import { dependencyLists } from './dependencies.ts';
import { ownFiles } from './files.ts';
import { HOLE, type Template } from './template.ts';
import { elementText } from './texts.ts';

export interface Fragment {
  readonly name: string;
  /** As metadata has it: 0 where the package states none. */
  readonly epoch: number;
  readonly version: string;
  readonly release: string;
  /** As metadata has it: `src` also for what lies in a `.nosrc.rpm`. */
  readonly arch: string;
  /** Holes: package id, time and size of the file, location's attributes, start and end of the header. */
  readonly primary: Template;
  /** Hole: package id. */
  readonly filelists: Template;
  /** Hole: package id. */
  readonly other: Template;
  /** Filelists with the files' digests, where they were asked for. Hole: package id. */
  readonly filelistsExt: Template | undefined;
}

export interface FragmentOptions {
  /** How many of the newest entries of the changelog are told: 10, as createrepo_c does; Infinity for (almost) all. */
  changelogLimit?: number;
  /** Whether to keep the files' digests for filelists-ext; they make a fragment about a third larger. */
  fileDigests?: boolean;
}

const usualChangelog = 10;
/** Bytes of one part. */
const largest = 2 ** 26;

type Identity = Pick<Fragment, 'name' | 'epoch' | 'version' | 'release' | 'arch'>;

/**
 * @param headers of a package that `describe` of `@moromi/rpm` takes; what it refuses is mostly refused here too
 * Throws RpmError bad_nevra, header_damaged; RepodataError damaged, hostile (a name that XML cannot say), too_large.
 */
export function fragmentOf(headers: RpmHeaders, options: FragmentOptions = {}): Fragment {
  const { changelogLimit = usualChangelog, fileDigests = false } = options;
  const { header } = headers;
  const identity = identityOf(headers);
  const { name, epoch, version, release, arch } = identity;
  const files = ownFiles(header, fileDigests);
  const evr = `<version epoch="${epoch}" ver="${version}" rel="${release}"/>`;
  const head = `<package pkgid="${HOLE}" name="${name}" arch="${arch}">\n  ${evr}\n`;
  const changelog = changelogLimit > 0 ? changelogOf(header, changelogLimit) : '';
  return {
    ...identity,
    primary: part(
      `<package type="rpm">\n  <name>${name}</name>\n  <arch>${arch}</arch>\n  ${evr}\n${factsOf(headers)}${dependencyLists(header, files)}${files.primary}  </format>\n</package>\n`,
    ),
    filelists: part(`${head}${files.filelists}</package>\n`),
    other: part(`${head}${changelog}</package>\n`),
    filelistsExt:
      files.extended === undefined
        ? undefined
        : part(`${head}  <checksum type="${digestType(header)}"/>\n${files.extended}</package>\n`),
  };
}

function identityOf(headers: RpmHeaders): Identity {
  const { header } = headers;
  const identity = {
    name: header.get(TAG.NAME) ?? '',
    epoch: header.get(TAG.EPOCH) ?? 0,
    version: header.get(TAG.VERSION) ?? '',
    release: header.get(TAG.RELEASE) ?? '',
    arch: isSourcePackage(headers) ? 'src' : (header.get(TAG.ARCH) ?? ''),
  };
  checkNevra(identity);
  return identity;
}

/** From the checksum to the header's range, of which `format` is the beginning. */
function factsOf({ header, signature }: RpmHeaders): string {
  const text = (tag: Parameters<typeof elementText>[1]) => elementText(header, tag);
  const built = header.get(TAG.BUILDTIME) ?? 0;
  const installed = header.get(TAG.LONGSIZE) ?? header.get(TAG.SIZE) ?? 0;
  return `  <checksum type="sha256" pkgid="YES">${HOLE}</checksum>
  <summary>${text(TAG.SUMMARY)}</summary>
  <description>${text(TAG.DESCRIPTION)}</description>
  <packager>${text(TAG.PACKAGER)}</packager>
  <url>${text(TAG.URL)}</url>
  <time file="${HOLE}" build="${built}"/>
  <size package="${HOLE}" installed="${installed}" archive="${archiveSize(header, signature)}"/>
  <location ${HOLE}/>
  <format>
    <rpm:license>${text(TAG.LICENSE)}</rpm:license>
    <rpm:vendor>${text(TAG.VENDOR)}</rpm:vendor>
    <rpm:group>${text(TAG.GROUP)}</rpm:group>
    <rpm:buildhost>${text(TAG.BUILDHOST)}</rpm:buildhost>
    <rpm:sourcerpm>${text(TAG.SOURCERPM)}</rpm:sourcerpm>
    <rpm:header-range start="${HOLE}" end="${HOLE}"/>
`;
}

/** Bytes of the payload unpacked; 0 where nobody says. v6 packages say it in the header, the largest in wide tags. */
function archiveSize(header: Header, signature: Header): number {
  return (
    signature.get(SIGTAG.LONGARCHIVESIZE) ??
    header.get(TAG.PAYLOADSIZEALT) ??
    header.get(TAG.ARCHIVESIZE) ??
    signature.get(SIGTAG.PAYLOADSIZE) ??
    0
  );
}

/** createrepo_c's names for the OpenPGP numbers (1.2, src/parsehdr.c, cr_hash_algo_str). */
const digestTypes: Readonly<Record<number, string>> = {
  1: 'md5',
  2: 'sha1',
  8: 'sha256',
  9: 'sha384',
  10: 'sha512',
  11: 'sha224',
};

function digestType(header: Header): string {
  return digestTypes[header.get(TAG.FILEDIGESTALGO) ?? 0] ?? 'unknown';
}

function part(text: string): Template {
  if (text.length > largest)
    throw new RepodataError('too_large', `The package has more than ${largest} characters of metadata.`);
  return Buffer.from(text);
}
