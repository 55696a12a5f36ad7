/**
 * Tasks of kind `srpm`: the source package rebuilt with the target's macros, after which the NVR is known.
 */
import type { SourceOrder } from '@moromi/contract';
import type { BlobStore } from '../blobs/index.ts';
import { settingsOf } from '../catalog/index.ts';
import type { Ledger, Tx } from '../ledger/index.ts';
import { createTask, type End, type Kind, Refusal, type TaskFacts } from '../tasks/index.ts';
import { type AcceptedPackages, acceptPackages } from './accept.ts';
import { planArches } from './arches.ts';
import type { BuildLife } from './life.ts';
import {
  type BuildFacts,
  findBuild,
  insertRpms,
  lockBuild,
  pinRevision,
  setSourceRpm,
  takeNvr,
} from './queries.ts';
import { rootOrder, wantedArches } from './root.ts';

/** The order of both kinds of task: the submitted source and the root. */
export async function sourceOrder(
  tx: Tx,
  life: BuildLife,
  task: TaskFacts,
): Promise<{ source: SourceOrder }> {
  const build = await buildOf(tx, task);
  const target = await life.targetOf(tx, build);
  const now = await life.repositories.current(tx, target.buildTag);
  if (now === undefined)
    throw new Error(`the tag ${target.buildTag.name} has no repository: its publish task failed`);
  const revision = await pinRevision(tx, build.id, now);
  const root = await rootOrder(
    tx,
    life.repositories,
    target.buildTag,
    task.arch ?? '',
    build.options,
    revision,
  );
  return {
    source: { srpm: { sha256: build.sourceSha256, name: build.sourceName, size: build.sourceSize }, root },
  };
}

export async function buildOf(tx: Tx, task: TaskFacts): Promise<BuildFacts> {
  const build = task.build === null ? undefined : await findBuild(tx, task.build);
  if (build === undefined) throw new Error(`task ${task.id} has no build`);
  return build;
}

export function sourceKind(ledger: Ledger, store: BlobStore, life: BuildLife): Kind {
  return {
    order: (tx, task) => sourceOrder(tx, life, task),
    cancel: async (tx, task, actor) => {
      if (task.build !== null) await life.cancel(tx, task.build, actor);
    },
    lock: async (tx, task) => {
      if (task.build !== null) await lockBuild(tx, task.build);
    },
    inspect: async (task, completion) => {
      if (completion.packages === undefined)
        throw new Refusal('no_packages', 'the result names no source package', 'infrastructure');
      return await acceptPackages(ledger.read, store, task, completion.packages);
    },
    ended: async (tx, task, end) => {
      if (task.build === null) return;
      const build = await lockBuild(tx, task.build);
      if (build.state !== 'building') return;
      if (end.state === 'done') await fanOut(tx, life, build, task, end);
      await life.settle(tx, (await findBuild(tx, build.id)) ?? build, end.actor);
    },
  };
}

async function fanOut(tx: Tx, life: BuildLife, build: BuildFacts, task: TaskFacts, end: End): Promise<void> {
  const { source } = end.inspected as AcceptedPackages;
  const other = await takeNvr(tx, build, source.nvr);
  if (other !== undefined) {
    return await life.fail(
      tx,
      build,
      {
        code: 'nvr_exists',
        message: `build ${other} has ${source.nvr.nvr} already: raise the release, or use --scratch`,
        fault: 'package',
      },
      end.actor,
    );
  }
  const { ids, taken } = await insertRpms(tx, build.id, task.id, !build.scratch, [source.row]);
  const id = ids.get(source.row.nevra);
  if (id === undefined)
    return await life.fail(
      tx,
      build,
      {
        code: 'nevra_exists',
        message: `${taken.join(', ')} belongs to another build already`,
        fault: 'package',
      },
      end.actor,
    );
  await setSourceRpm(tx, build.id, id);
  const settings = await settingsOf(tx, (await life.targetOf(tx, build)).buildTag);
  for (const planned of planArches(source.arches, wantedArches(settings, build.options))) {
    await createTask(
      tx,
      {
        kind: 'build',
        label: source.nvr.nvr,
        arch: planned.arch,
        owner: build.owner,
        priority: task.priority,
        build: build.id,
        parent: task.id,
        request: { nvr: source.nvr.nvr, noarch: planned.noarch },
        ...(planned.excluded === null
          ? {}
          : {
              state: 'excluded' as const,
              failure: { code: 'arch_excluded', message: planned.excluded, fault: 'excluded' as const },
            }),
      },
      build.owner,
      `task:${task.id}`,
    );
  }
}
