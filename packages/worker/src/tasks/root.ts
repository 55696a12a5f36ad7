/**
 * What `srpm` and `build` share: the source package on this disk and a root to build it in.
 *
 * Invariant: the order goes to the driver only after every name in it was held to its form; the source package handed
 * over is a copy, so nothing that a build does can change the cache.
 */
import { constants } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { BuildOrder, Buildroot, InstalledPackage } from '@moromi/buildroot';
import type { RootOrder, Used } from '@moromi/contract';
import { checkFileName, describe, RpmError, readHeaders, requirementsOf } from '@moromi/rpm';
import { Refused } from '../failure.ts';
import { isArch, isFileName, isName, isSha256 } from '../names.ts';
import { Unable } from '../refusal.ts';
import { checkRoom } from '../room.ts';
import { attemptName } from '../running.ts';
import { unlessStuck } from '../stuck.ts';
import type { Work } from './work.ts';

/** The contract's bound on what a result may list. */
const mostInstalled = 20_000;
/** The same for what a task took. */
const mostUsed = 2 ** 31 - 1;

export async function openRoot(work: Work): Promise<{ root: Buildroot; srpm: string }> {
  const order = work.lease.source;
  if (order === undefined || work.driver === undefined) {
    throw new Refused('bad_order', `The task's kind ${work.lease.kind} needs a source and a driver.`);
  }
  const { name, sha256, size } = order.srpm;
  if (!isFileName(name) || !/\.(no)?src\.rpm$/.test(name)) {
    throw new Refused('bad_order', `${JSON.stringify(name)} is not the name of a source package.`);
  }
  const buildOrder = orderOf(order.root, work);
  const unable = work.driverCheck?.whyNot(buildOrder.arch);
  if (unable !== undefined) throw new Unable('root_failed', unable);
  await checkRoom(work.home.dir, size);
  work.logs.note(`fetching ${name}, ${size} bytes, sha256 ${sha256}`);
  const cached = await work.downloads.get({ sha256, size }, work.signal);
  const srpm = join(work.dir, name);
  await copyFile(cached, srpm, constants.COPYFILE_FICLONE);
  const expects = await statedIn(srpm);
  const root = await work.driver.open({ ...buildOrder, ...(expects && { expects }) });
  work.root = root;
  work.signal.throwIfAborted();
  return { root, srpm };
}

/** What the source package says that it needs; what is wrong with it is told by the step that reads the spec. */
async function statedIn(srpm: string): Promise<string[] | undefined> {
  try {
    const stated = requirementsOf(describe(await readHeaders(srpm)));
    return stated.every((one) => /^[^\0-\x1f]+$/.test(one)) ? stated : undefined;
  } catch (error) {
    if (error instanceof RpmError) return undefined;
    throw error;
  }
}

/** Runs a step in the root; one that stands still is ended. */
export async function runStep<T>(work: Work, step: (signal: AbortSignal) => Promise<T>): Promise<T> {
  return await unlessStuck(work.logs.dir, work.lease.source?.root.stuckSeconds, work.signal, step);
}

/** What the build took, for the hub to learn from. It is asked while the results are sent, so nothing waits for it. */
export async function usedBy(root: Buildroot, work: Work): Promise<Used> {
  const { memoryMib, diskMib } = await root.used(work.signal);
  return { memoryMb: Math.min(mostUsed, memoryMib), diskMb: Math.min(mostUsed, diskMib) };
}

function orderOf(root: RootOrder, work: Work): BuildOrder {
  if (!isArch(root.arch)) throw new Refused('bad_order', `${JSON.stringify(root.arch)} is no architecture.`);
  for (const { id, baseurl } of root.repos) {
    if (!isName(id) || !/^(https?|file):\/\/\S+$/.test(baseurl)) {
      throw new Refused('bad_order', `${JSON.stringify(id)} at ${JSON.stringify(baseurl)} is no repository.`);
    }
  }
  const { arch, target, repos, groups, macros, network, modules, mock, timeoutSeconds, unless } = root;
  return {
    id: attemptName(work.held),
    arch,
    ...(target === undefined ? {} : { target }),
    repos,
    groups,
    macros,
    with: root.with,
    without: root.without,
    network,
    ...(modules === undefined ? {} : { modules }),
    ...(mock === undefined ? {} : { mock }),
    timeoutSeconds,
    ...(unless === undefined ? {} : { unless }),
    logDir: work.logs.dir,
  };
}

/** The list of the root's packages in the form that the hub takes. */
export function listed(installed: InstalledPackage[]): InstalledPackage[] {
  if (installed.length > mostInstalled) {
    throw new Refused(
      'bad_result',
      `The root has ${installed.length} packages; at most ${mostInstalled} can be told.`,
    );
  }
  for (const one of installed) {
    if (!isSha256(one.sha256) || one.nevra.length > 400 || one.repo.length > 200) {
      throw new Refused('bad_result', `The root's list of packages has ${JSON.stringify(one)}.`);
    }
  }
  return installed.map(({ nevra, sha256, repo }) => ({ nevra, sha256, repo }));
}

/** The file name of a package that a build has left. Throws `bad_result` for one that rpm would not have given. */
export function checkResultName(path: string): string {
  const name = basename(path);
  try {
    checkFileName(name);
  } catch (error) {
    if (error instanceof RpmError) throw new Refused('bad_result', error.message);
    throw error;
  }
  return name;
}
