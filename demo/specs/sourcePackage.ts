/**
 * A source RPM of one folder: a spec and the sources beside it.
 *
 * Invariant: the same files give the same bytes, whatever the machine and the day; so a finished SRPM is found again
 * by the hash of what goes in. It carries no %dist: whoever rebuilds it decides that.
 */
import { createHash } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { runTool } from '../distro/tool.ts';

/** Seconds since 1970: the time that every sample and demo SRPM claims to be from. */
const EPOCH = '1767571200';

/**
 * @param spec the spec file; the sources are looked for beside it and in `sources`.
 * @param cache a folder for finished SRPMs; each stands under its key.
 * @returns the SRPM's path. @throws ToolError when rpmbuild refuses the spec.
 */
export async function makeSourcePackage({
  spec,
  cache,
  sources,
  signal,
}: {
  spec: string;
  cache: string;
  sources?: string[];
  signal?: AbortSignal;
}): Promise<string> {
  const beside = dirname(spec);
  const files = [...(await readdir(beside)).sort().map((name) => join(beside, name)), ...(sources ?? [])];
  const place = join(cache, await keyOf(files));
  const there = await srpmIn(place);
  if (there) return there;
  await mkdir(cache, { recursive: true });
  const aside = await mkdtemp(join(cache, 'aside-'));
  try {
    const work = join(aside, 'work');
    const out = join(aside, 'out');
    await mkdir(work, { recursive: true });
    await mkdir(out);
    for (const file of files) await copyFile(file, join(work, basename(file)));
    const text = await readFile(spec, 'utf8');
    // A spec for one architecture only cannot even be packed for another.
    const target = /^ExclusiveArch:\s*(\S+)/m.exec(text)?.[1] ?? 'x86_64';
    // The package keeps its spec with all macros expanded, so no path in it may be of this run.
    const macros: Record<string, string> = {
      _topdir: '.',
      _sourcedir: '.',
      _builddir: './BUILD',
      _buildrootdir: './BUILDROOT',
      _srcrpmdir: out,
      _dbpath: join(work, 'db'),
      _tmppath: work,
      _buildhost: 'source.invalid',
      _source_payload: 'w3.zstdio',
      use_source_date_epoch_as_buildtime: '1',
      clamp_mtime_to_source_date_epoch: '1',
      source_date_epoch_from_changelog: '0',
      dist: '%{nil}',
    };
    const defines = Object.entries(macros).flatMap(([key, value]) => ['--define', `${key} ${value}`]);
    const args = ['-bs', '--nodeps', '--target', `${target}-linux`, ...defines, basename(spec)];
    await runTool('rpmbuild', args, {
      cwd: work,
      env: { SOURCE_DATE_EPOCH: EPOCH, HOME: work },
      signal,
      timeLimit: 60_000,
    });
    const made = await srpmIn(out);
    if (made === undefined) throw new Error(`rpmbuild made no source package of ${spec}`);
    const handle = await open(made);
    await handle.sync();
    await handle.close();
    // Another process may have been first; its result is the same.
    await rename(out, place).catch(async (error: unknown) => {
      if (!(await srpmIn(place))) throw error;
    });
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
  const made = await srpmIn(place);
  if (made === undefined) throw new Error(`${place} holds no source package`);
  return made;
}

async function srpmIn(folder: string): Promise<string | undefined> {
  const names = await readdir(folder).catch(() => []);
  const name = names.find((each) => each.endsWith('.src.rpm'));
  return name === undefined ? undefined : join(folder, name);
}

async function keyOf(files: readonly string[]): Promise<string> {
  const hash = createHash('sha256').update(await readFile(import.meta.filename));
  for (const file of files) {
    const content = createHash('sha256').update(await readFile(file));
    hash.update(`\0${basename(file)}\0${content.digest('hex')}`);
  }
  return hash.digest('hex').slice(0, 16);
}
