/**
 * Packages with metadata of realistic size, for benches: about 22 files, 25 provides and requires, and 10 changelog
 * entries a package, several packages of one source, texts that compress about as a distribution's do.
 *
 * Invariant: what a source's packages say is a function of the seed, the source's number and its bump; the next bump is
 * an update of the same packages, as a build makes it: newer, with one more changelog entry, most files the same.
 */
import { createHash } from 'node:crypto';
import type { Entries } from '../compose/document.ts';
import type { Member } from '../compose/member.ts';
import { Chance, people, sentence, words } from './chance.ts';

export interface RealisticPackage {
  readonly member: Member;
  readonly entries: Entries;
  /** `name-version-release.src.rpm` */
  readonly sourceRpm: string;
}

interface Source {
  readonly name: string;
  readonly version: string;
  readonly release: string;
  readonly changelog: string;
  readonly url: string;
  readonly license: string;
  readonly summary: string;
}

const licenses = [
  'MIT',
  'GPL-2.0-or-later',
  'GPL-3.0-or-later',
  'Apache-2.0',
  'BSD-3-Clause',
  'LGPL-2.1-or-later',
] as const;
const styles = [
  '',
  '',
  '',
  '',
  'lib',
  'lib',
  'python-',
  'python-',
  'perl-',
  'rubygem-',
  'golang-github-',
  'rust-',
  'nodejs-',
  'texlive-',
] as const;
const parts = ['devel', 'libs', 'doc', 'common', 'tests', 'tools', 'data', 'gtk3', 'static'] as const;

/** In no order that a repository has: compose sorts. Names do not repeat. */
export function* realisticPackages(
  count: number,
  seed: number,
): Generator<RealisticPackage, void, undefined> {
  let made = 0;
  for (let number = 0; made < count; number += 1) {
    for (const one of realisticSource(seed, number)) {
      if (made === count) return;
      made += 1;
      yield one;
    }
  }
}

/** The packages that one build of the source makes: 1 to 8 of them. */
export function realisticSource(seed: number, number: number, bump = 0): RealisticPackage[] {
  const chance = new Chance(Math.imul(seed, 0x9e3779b1) ^ Math.imul(number + 1, 0x85ebca6b));
  const source = sourceOf(chance, number, bump);
  const names = [source.name];
  for (const part of parts) if (chance.next() < 0.16) names.push(`${source.name}-${part}`);
  const noarch = /^(rubygem|texlive|perl|nodejs)/.test(source.name) || chance.next() < 0.15;
  return names.map((name) => packageOf(new Chance(chance.below(2 ** 32)), source, name, noarch));
}

function sourceOf(chance: Chance, number: number, bump: number): Source {
  // The number keeps names apart; most of a distribution's have none.
  const word = () => chance.of(words);
  const name = `${chance.of(styles)}${word()}${chance.next() < 0.6 ? `-${word()}` : ''}${number.toString(36)}`;
  const version = `${chance.below(9)}.${chance.below(30)}${chance.next() < 0.7 ? `.${chance.below(12)}` : ''}`;
  return {
    name,
    version,
    release: `${1 + chance.below(8) + bump}.fc40`,
    license: chance.of(licenses),
    url: `https://${chance.often(['github.com', 'gitlab.com', 'sourceforge.net', 'www.gnu.org'])}/${word()}/${name}`,
    summary: sentence(chance, 4 + chance.below(5)),
    changelog: changelogOf(chance, version, bump),
  };
}

function changelogOf(chance: Chance, version: string, bump: number): string {
  const count = 4 + chance.below(13);
  const owners = [person(chance), person(chance), 'Release Engineering &lt;releng@example.org&gt;'] as const;
  let at = 1_480_000_000 + chance.below(1e8);
  const entries: string[] = [];
  for (let i = 0; i < count + bump; i += 1) {
    at += 86_400 * (20 + chance.below(200));
    const rebuilt = chance.next() < 0.25;
    const author = `${rebuilt ? owners[2] : chance.of(owners)} - ${version}-${i + 1}`;
    entries.push(
      `  <changelog author="${author}" date="${at}">- ${sayingOf(chance, rebuilt, i)}</changelog>\n`,
    );
  }
  return entries.slice(-count - Math.min(bump, 1)).join('');
}

function sayingOf(chance: Chance, rebuilt: boolean, at: number): string {
  if (rebuilt) return `Rebuilt for https://example.org/wiki/Release_${30 + at}_Mass_Rebuild`;
  if (chance.next() < 0.4)
    return `Update to ${chance.below(9)}.${chance.below(30)}\n- Resolves: rhbz#${1e6 + chance.below(1e6)}`;
  return sentence(chance, 6 + chance.below(14));
}

function person(chance: Chance): string {
  const [first, last] = [chance.often(people), chance.often(people)];
  return `${first} ${last} &lt;${first}@${chance.often(['example.org', 'example.com', 'example.net'])}&gt;`;
}

function packageOf(chance: Chance, source: Source, name: string, noarch: boolean): RealisticPackage {
  const arch = noarch || /-(doc|data|common)$/.test(name) ? 'noarch' : 'x86_64';
  const id = createHash('sha256')
    .update(`${name} ${arch} ${source.release} ${chance.hex(16)}`)
    .digest('hex');
  const nevra = {
    name,
    epoch: chance.next() < 0.06 ? 1 : 0,
    version: source.version,
    release: source.release,
    arch,
  };
  const evr = `epoch="${nevra.epoch}" ver="${nevra.version}" rel="${nevra.release}"`;
  const files = filesOf(chance, source, name, arch);
  const head = `<package pkgid="${id}" name="${name}" arch="${arch}">\n  <version ${evr}/>\n`;
  const sourceRpm = `${source.name}-${source.version}-${source.release}.src.rpm`;
  const entries = {
    primary: Buffer.from(primaryOf(chance, source, nevra, id, evr, files, sourceRpm)),
    filelists: Buffer.from(`${head}${files.map(({ line }) => `  ${line}\n`).join('')}</package>\n`),
    other: Buffer.from(`${head}${source.changelog}</package>\n`),
  };
  const hash = createHash('sha256');
  for (const entry of [entries.primary, entries.filelists, entries.other]) hash.update(entry);
  const bytes = entries.primary.length + entries.filelists.length + entries.other.length;
  return { member: { ...nevra, id, bytes, key: hash.digest('hex') }, entries, sourceRpm };
}

interface File {
  readonly line: string;
  readonly inPrimary: boolean;
}

function filesOf(chance: Chance, source: Source, name: string, arch: string): File[] {
  const folder = chance.of([
    `/usr/share/${name}`,
    `/usr/lib64/${name}`,
    `/usr/include/${source.name}`,
    `/usr/share/doc/${name}`,
    `/usr/lib/python3.12/site-packages/${source.name}`,
  ]);
  const ending = chance.of(['.so', '.h', '.py', '.html', '.png', '.conf', '.rb']);
  const files = [
    entry(folder, true),
    entry(`/usr/share/licenses/${name}`, true),
    entry(`/usr/share/licenses/${name}/LICENSE`),
  ];
  if (arch !== 'noarch') {
    const build = chance.hex(40);
    files.push(entry('/usr/lib/.build-id', true), entry(`/usr/lib/.build-id/${build.slice(0, 2)}`, true));
    files.push(entry(`/usr/lib/.build-id/${build.slice(0, 2)}/${build.slice(2)}`));
  }
  if (chance.next() < 0.4) files.push(entry(`/usr/bin/${name}`), entry(`/usr/share/man/man1/${name}.1.gz`));
  if (chance.next() < 0.1) files.push(entry(`/etc/${name}.conf`));
  let below = folder;
  for (let left = chance.tail(8, 1.2, 1500); left > 0; left -= 1) {
    if (chance.next() < 0.12) {
      below = `${folder}/${chance.often(words)}`;
      files.push(entry(below, true));
    }
    files.push(
      entry(
        `${below}/${chance.often(words)}${chance.next() < 0.2 ? `_${chance.often(words)}` : ''}${ending}`,
      ),
    );
  }
  return files;
}

function entry(path: string, folder = false): File {
  return {
    line: folder ? `<file type="dir">${path}</file>` : `<file>${path}</file>`,
    inPrimary: path.startsWith('/etc/') || path.includes('bin/'),
  };
}

function primaryOf(
  chance: Chance,
  source: Source,
  { name, arch }: { name: string; arch: string },
  id: string,
  evr: string,
  files: readonly File[],
  sourceRpm: string,
): string {
  const size = 20_000 + chance.below(2e6);
  const built = 1_700_000_000 + chance.below(2e7);
  const description = Array.from({ length: 1 + chance.below(4) }, () =>
    sentence(chance, 8 + chance.below(12)),
  );
  const same = `flags="EQ" ${evr}`;
  const provides = [`name="${name}" ${same}`, `name="${name}(x86-64)" ${same}`];
  for (let left = chance.tail(4, 0.7, 60); left > 0; left -= 1) {
    provides.push(`name="lib${chance.often(words)}.so.${chance.below(9)}()(64bit)"`);
  }
  const requires = [
    'name="libc.so.6(GLIBC_2.34)(64bit)"',
    'name="rtld(GNU_HASH)"',
    `name="${source.name}" ${same}`,
  ];
  for (let left = chance.tail(14, 0.6, 120); left > 0; left -= 1) {
    const wanted = chance.often(words);
    requires.push(
      chance.next() < 0.6
        ? `name="lib${wanted}.so.${chance.below(9)}()(64bit)"`
        : `name="${wanted}" flags="GE" epoch="0" ver="${chance.below(9)}.${chance.below(30)}"`,
    );
  }
  const list = (title: string, lines: readonly string[]) =>
    `    <rpm:${title}>\n${lines.map((line) => `      <rpm:entry ${line}/>\n`).join('')}    </rpm:${title}>\n`;
  return `<package type="rpm">
  <name>${name}</name>
  <arch>${arch}</arch>
  <version ${evr}/>
  <checksum type="sha256" pkgid="YES">${id}</checksum>
  <summary>${source.summary}</summary>
  <description>${description.join('.\n')}.</description>
  <packager>Example Project</packager>
  <url>${source.url}</url>
  <time file="${built + 3600}" build="${built}"/>
  <size package="${size}" installed="${size * 3}" archive="${size * 3 + 512}"/>
  <location href="Packages/${name.charAt(0)}/${name}-${source.version}-${source.release}.${arch}.rpm"/>
  <format>
    <rpm:license>${source.license}</rpm:license>
    <rpm:vendor>Example Project</rpm:vendor>
    <rpm:group>Unspecified</rpm:group>
    <rpm:buildhost>builder-${1 + chance.below(40)}.example.org</rpm:buildhost>
    <rpm:sourcerpm>${sourceRpm}</rpm:sourcerpm>
    <rpm:header-range start="4504" end="${5000 + chance.below(60_000)}"/>
${list('provides', provides)}${list('requires', [...new Set(requires)])}${files
  .filter(({ inPrimary }) => inPrimary)
  .map(({ line }) => `    ${line}\n`)
  .join('')}  </format>
</package>
`;
}
