/**
 * A task of the kind `publish`: the metadata of a repository's new revision.
 *
 * Invariant: what is uploaded lists exactly the packages of the order, each under `Packages/<file name>` with its hash
 * and size; that is read back from the metadata before it is sent. Of the packages that this worker's last revision of
 * the tag knew under the same name and hash, no byte is fetched, so the cost follows the change.
 */
import { createReadStream } from 'node:fs';
import { mkdir, readFile, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PublishOrder, UploadedFile } from '@moromi/contract';
import { between } from '@moromi/faults';
import { type MetadataFile, type RepomdRecord, readPrimary, readRepomd } from '@moromi/repodata';
import { isDiskFull, Refused, text } from '../failure.ts';
import { Gate } from '../gate.ts';
import { isArch, isFileName, isName } from '../names.ts';
import type { Done, Work } from './work.ts';

type ArchOrder = PublishOrder['arches'][number];
type Package = ArchOrder['packages'][number];

const makeTimeoutMs = 3_600_000;
const downloadsAtOnce = 6;

export async function publish(work: Work): Promise<Done> {
  const order = work.lease.publish;
  if (
    order === undefined ||
    !isName(order.tag) ||
    !Number.isSafeInteger(order.revision) ||
    order.revision < 0
  ) {
    throw new Refused('bad_order', 'The task brings no proper list of what to publish.');
  }
  for (const [at, one] of order.arches.entries()) checkArch(one, order.arches.slice(0, at));
  const arches: { arch: string; files: UploadedFile[] }[] = [];
  for (const one of order.arches) {
    arches.push({ arch: one.arch, files: await publishArch(work, order, one) });
  }
  return { outcome: 'done', published: { arches } };
}

function checkArch({ arch, packages }: ArchOrder, before: { arch: string }[]): void {
  if (!isArch(arch) || before.some((one) => one.arch === arch)) {
    throw new Refused('bad_order', `${JSON.stringify(arch)} is no architecture, or there twice.`);
  }
  const names = new Set(packages.map(({ name }) => name));
  const bad = packages.find(({ name }) => !isFileName(name) || !name.endsWith('.rpm'));
  if (bad !== undefined)
    throw new Refused('bad_order', `${JSON.stringify(bad.name)} is not the name of a package.`);
  if (names.size < packages.length) throw new Refused('bad_order', `Two packages of ${arch} have one name.`);
}

async function publishArch(work: Work, order: PublishOrder, one: ArchOrder): Promise<UploadedFile[]> {
  const started = performance.now();
  const last = join(work.home.published, order.tag, one.arch);
  const known = await knownFrom(last, one.packages);
  let files: MetadataFile[];
  try {
    files = await makeMetadata(work, order, one, known, known.size > 0 ? last : undefined);
  } catch (error) {
    if (work.signal.aborted) throw work.signal.reason;
    if (known.size === 0 || isDiskFull(error)) throw error;
    work.logs.note(
      `metadata from the last revision's did not come out right (${text(error)}); making it from scratch`,
    );
    files = await makeMetadata(work, order, one, new Set(), undefined);
  }
  const paths = files.map(({ path }) => path);
  const sent = await work.uploads.sendAll(work.dir, paths, work.held, work.signal);
  await keep(join(work.dir, one.arch, 'output'), last);
  const seconds = ((performance.now() - started) / 1000).toFixed(2);
  work.logs.note(
    `${order.tag}/${order.revision} ${one.arch}: ${one.packages.length} packages, ${known.size} of them known, ${seconds} s`,
  );
  return sent;
}

/** Makes the metadata and reads it back; throws where it does not list what was ordered. */
async function makeMetadata(
  work: Work,
  order: PublishOrder,
  { arch, packages }: ArchOrder,
  known: Set<string>,
  previous: string | undefined,
): Promise<MetadataFile[]> {
  const dir = join(work.dir, arch, 'tree');
  const output = join(work.dir, arch, 'output');
  await rm(join(work.dir, arch), { recursive: true, force: true });
  await mkdir(join(dir, 'Packages'), { recursive: true });
  await mkdir(output);
  await linkPackages(work, dir, packages, known);
  const { revision } = order;
  const say = (words: string) => work.logs.note(`createrepo_c: ${words.trim()}`);
  const files = await between('worker.metadata', () =>
    work.maker.make(
      {
        dir,
        output,
        revision,
        timeoutMs: makeTimeoutMs,
        say,
        ...(previous === undefined ? {} : { previous }),
      },
      work.signal,
    ),
  );
  await checkMetadata(output, packages);
  return files;
}

async function linkPackages(work: Work, dir: string, packages: Package[], known: Set<string>): Promise<void> {
  // createrepo_c skips links that lead nowhere; a package that it knows already is never opened.
  const placeholder = join(work.dir, 'known');
  await writeFile(placeholder, '');
  await utimes(placeholder, 1, 1);
  const gate = new Gate(downloadsAtOnce);
  await Promise.all(
    packages.map(({ name, sha256, size }) =>
      gate.run(async () => {
        work.signal.throwIfAborted();
        const path = known.has(sha256)
          ? placeholder
          : await work.downloads.get({ sha256, size }, work.signal);
        await symlink(path, join(dir, 'Packages', name));
      }),
    ),
  );
}

/**
 * The hashes of those packages that the last revision's metadata has under the same name. None where a name stands for
 * other content now: createrepo_c would take the old entry by its name.
 */
async function knownFrom(last: string, packages: Package[]): Promise<Set<string>> {
  const wanted = new Map(packages.map((one) => [`Packages/${one.name}`, one.sha256]));
  const known = new Set<string>();
  try {
    for await (const { location, sha256 } of readPrimary(createReadStream(await primaryOf(last)))) {
      const want = wanted.get(location);
      if (want === undefined) continue;
      if (want !== sha256) return new Set();
      known.add(sha256);
    }
    return known;
  } catch {
    // The first revision here, or a rest that cannot be read: from scratch.
    return new Set();
  }
}

async function checkMetadata(output: string, packages: Package[]): Promise<void> {
  const wanted = new Map(packages.map((one) => [`Packages/${one.name}`, one]));
  for await (const found of readPrimary(createReadStream(await primaryOf(output)))) {
    const want = wanted.get(found.location);
    if (want === undefined || want.sha256 !== found.sha256 || want.size !== found.size) {
      throw new Refused(
        'metadata_wrong',
        `The metadata has ${found.location}, which was not ordered like that.`,
      );
    }
    wanted.delete(found.location);
  }
  const [missing] = wanted.keys();
  if (missing !== undefined) {
    throw new Refused('metadata_wrong', `The metadata lacks ${wanted.size} packages, ${missing} among them.`);
  }
}

async function primaryOf(folder: string): Promise<string> {
  const { records } = readRepomd(await readFile(join(folder, 'repodata', 'repomd.xml')));
  const primary: RepomdRecord | undefined = records.find(({ type }) => type === 'primary');
  if (primary === undefined) throw new Refused('metadata_wrong', 'The metadata has no primary part.');
  return join(folder, primary.href);
}

/** For the next revision; a crash in between costs that it starts from scratch. */
async function keep(output: string, last: string): Promise<void> {
  await rm(last, { recursive: true, force: true });
  await mkdir(join(last, '..'), { recursive: true });
  await between('worker.published.rename', () => rename(output, last));
}
