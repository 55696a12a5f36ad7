/**
 * Makes one RPM of a folder of files.
 *
 * Invariant: the same folder and head give the same bytes: times are clamped, and nothing of this machine (its name,
 * its macros' scripts, its compilers' flags) goes in.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ARCHES, type Arch } from './arch.ts';
import { runTool } from './tool.ts';

/** Seconds since 1970: the time that every file and package of the distribution claims to be from. */
export const EPOCH = '1700000000';

/**
 * magic(5): the only thing that the generator of sonames must know of a file. With the system's whole table rpmbuild
 * spends most of its time on telling kinds of text apart.
 */
const MAGIC = '0\tstring\t\\177ELF\tELF\n>4\tbyte\t1\t32-bit\n>4\tbyte\t2\t64-bit\n';

export type RpmPackage = {
  name: string;
  /** Lines of the spec's preamble, '%' written plainly. */
  head: readonly string[];
  description: string;
  /** The folder with the files; it is moved away. */
  root: string;
  /** The text of the `%files -f` list. */
  files: string;
};

/**
 * @param arch 'noarch' makes the same bytes whichever architecture's distribution it is for.
 * @param work an own folder for this package, removed afterwards.
 * @param packages where the RPM goes.
 */
export async function makeRpm(
  { name, head, description, root, files }: RpmPackage,
  {
    arch,
    work,
    packages,
    signal,
  }: { arch: Arch | 'noarch'; work: string; packages: string; signal?: AbortSignal },
): Promise<void> {
  const generators = join(work, 'generators');
  await mkdir(join(work, 'tmp'), { recursive: true });
  await mkdir(generators);
  // Of rpm's generators only the one for sonames: rpm knows each by its file's name here, and wants at least one.
  await writeFile(join(generators, 'elf.attr'), '');
  const magic = join(work, 'magic');
  await writeFile(magic, MAGIC);
  await writeFile(join(work, 'files'), files);
  const spec = join(work, `${name}.spec`);
  await writeFile(spec, specText(head, description, root, join(work, 'files')));
  const macros: Record<string, string> = {
    _topdir: work,
    _rpmdir: packages,
    _buildrootdir: join(work, 'buildroot'),
    _tmppath: join(work, 'tmp'),
    _dbpath: join(work, 'db'),
    _build_name_fmt: '%%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm',
    _fileattrsdir: generators,
    _binary_payload: 'w3.zstdio',
    _buildhost: 'bootstrap.invalid',
    _build_id_links: 'none',
    __check_files: '%{nil}',
    __os_install_post: '%{nil}',
    debug_package: '%{nil}',
    use_source_date_epoch_as_buildtime: '1',
    clamp_mtime_to_source_date_epoch: '1',
  };
  const command = [
    ...(arch === 'noarch' ? [] : ARCHES[arch].personality),
    'rpmbuild',
    ...['-bb', '--nodeps', '--target', `${arch}-linux`],
    ...Object.entries(macros).flatMap(([key, value]) => ['--define', `${key} ${value}`]),
    spec,
  ];
  const [program = '', ...args] = command;
  // HOME: a person's own ~/.rpmmacros must not change the distribution.
  await runTool(program, args, { env: { SOURCE_DATE_EPOCH: EPOCH, HOME: work, MAGIC: magic }, signal });
  await rm(work, { recursive: true });
}

function specText(head: readonly string[], description: string, root: string, files: string): string {
  return [
    ...head.map(plain),
    '%description',
    plain(description),
    '%install',
    'rm -rf %{buildroot}',
    `mv '${root}' %{buildroot}`,
    `%files -f ${files}`,
    '%defattr(-,root,root,-)',
    '',
  ].join('\n');
}

function plain(text: string): string {
  return text.replaceAll('%', '%%');
}
