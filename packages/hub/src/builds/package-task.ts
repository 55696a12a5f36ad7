/**
 * What the two kinds of task that bring packages have in common: their order, their acceptance, and that the build is
 * settled when one of them ends.
 *
 * Invariant: nothing of a task is kept once its build is over.
 */
import type { SourceOrder } from '@moromi/contract';
import type { BlobStore } from '../blobs/index.ts';
import { settingsWith } from '../catalog/index.ts';
import type { Ledger, Tx } from '../ledger/index.ts';
import { type End, type Kind, NotYet, Refusal, type Shared, type TaskFacts } from '../tasks/index.ts';
import { type AcceptedPackages, acceptPackages } from './accept.ts';
import { holdTo, inspectIdentical, saysIdentical } from './identical.ts';
import type { BuildLife } from './life.ts';
import { type BuildFacts, findBuild, lockBuild, madeSource, pinLinks, pinRevision } from './queries.ts';
import { pinned, rootKey, rootOrder } from './root.ts';

export interface PackageWork {
  /** What else must hold of accepted packages. @throws Refusal */
  check(task: TaskFacts, accepted: AcceptedPackages): Promise<void>;
  /** Called in the transaction that ends a task well, with the build locked. */
  keep(tx: Tx, build: BuildFacts, task: TaskFacts, end: End): Promise<void>;
}

export function packageKind(ledger: Ledger, store: BlobStore, life: BuildLife, work: PackageWork): Kind {
  return {
    order: (tx, task, shared) => sourceOrder(tx, life, task, shared),
    cancel: async (tx, task, actor) => {
      if (task.build !== null) await life.cancel(tx, task.build, actor);
    },
    lock: async (tx, task) => {
      if (task.build !== null) await lockBuild(tx, task.build);
    },
    inspect: async (task, completion) => {
      if (completion.identical === true) return inspectIdentical(task);
      if (completion.packages === undefined)
        throw new Refusal('no_packages', 'the result names no packages', 'infrastructure');
      const accepted = await acceptPackages(ledger.read, store, task, completion.packages);
      await work.check(task, accepted);
      return accepted;
    },
    ended: async (tx, task, end) => {
      if (task.build === null) return;
      const build = await lockBuild(tx, task.build);
      if (build.state !== 'building') return;
      const keeps = end.state === 'done' && !saysIdentical(end.inspected);
      if (keeps) await work.keep(tx, build, task, end);
      await life.settle(tx, keeps ? await buildOf(tx, task) : build, end.actor);
    },
  };
}

/** The order of both kinds of task: the submitted source and the root. */
async function sourceOrder(
  tx: Tx,
  life: BuildLife,
  task: TaskFacts,
  shared: Shared,
): Promise<{ source: SourceOrder }> {
  const build = await buildOf(tx, task);
  const { target, now, settings } = await shared.once(
    `target ${build.target} ${build.options.flavours ?? ''}`,
    () => placeOf(tx, life, build),
  );
  if (now === undefined)
    throw new Error(`the tag ${target.buildTag.name} has no repository: its publish task failed`);
  if (build.revision === null && build.needsChange !== null) {
    const shown = await life.repositories.shows(tx, now);
    if (shown < build.needsChange)
      throw new NotYet(
        `the repository of ${target.buildTag.name} shows change ${shown}, and what this build needs came with ${build.needsChange}`,
      );
  }
  const revision =
    build.revision === null || build.rootKey === null
      ? await pinRevision(tx, build.id, now, rootKey(settings, build.options))
      : build.revision;
  const seen = await pinned(tx, life.repositories, build.links);
  const isPinned = build.links.every((one) => one.revision !== undefined);
  const links = isPinned ? seen : await pinLinks(tx, build.id, seen);
  const root = await rootOrder(
    tx,
    {
      ...life.repositories,
      address: (_, id, arch) =>
        shared.once(`address ${id} ${arch}`, () => life.repositories.address(tx, id, arch)),
    },
    target.buildTag,
    task.arch ?? '',
    build.options,
    revision,
    { name: build.name, nvr: build.nvr, links, settings },
  );
  const { target: machine } = task.request as { target?: 'noarch' };
  if (machine !== undefined) root.target = machine;
  holdTo(root, task, build, settings);
  const { bump } = build.options;
  const submitted = { sha256: build.sourceSha256, name: build.sourceName, size: build.sourceSize };
  if (bump === undefined) return { source: { srpm: submitted, root } };
  // The raised source package is what is built on all architectures; raised on each it might differ.
  if (task.kind === 'build') return { source: { srpm: (await madeSource(tx, build.id)) ?? submitted, root } };
  const date = build.createdAt.toISOString();
  return { source: { srpm: submitted, root, bump: { ...bump, date } } };
}

/** Where a build of a target is made: its buildroot's repository as it is now, and its settings. */
async function placeOf(tx: Tx, life: BuildLife, build: BuildFacts) {
  const target = await life.targetOf(tx, build);
  const now = await life.repositories.current(tx, target.buildTag);
  return { target, now, settings: await settingsWith(tx, target.buildTag, build.options.flavours) };
}

async function buildOf(tx: Tx, task: TaskFacts): Promise<BuildFacts> {
  const build = task.build === null ? undefined : await findBuild(tx, task.build);
  if (build === undefined) throw new Error(`task ${task.id} has no build`);
  return build;
}
