/**
 * Tasks of kind `srpm`: the source package rebuilt with the target's macros, after which the NVR is known.
 */
import type { BlobStore } from '../blobs/index.ts';
import { extraArches, settingsWith } from '../catalog/index.ts';
import type { Ledger, Tx } from '../ledger/index.ts';
import { createTask, type End, type Kind, type TaskFacts } from '../tasks/index.ts';
import type { AcceptedPackages } from './accept.ts';
import { pairs, planArches } from './arches.ts';
import { rootsToBeat } from './identical.ts';
import { ableArches, type BuildLife } from './life.ts';
import { packageKind } from './package-task.ts';
import { type BuildFacts, insertRpms, setSourceRpm, takeNvr } from './queries.ts';
import { demandsOf, wantedArches } from './root.ts';

export function sourceKind(ledger: Ledger, store: BlobStore, life: BuildLife): Kind {
  return packageKind(ledger, store, life, {
    check: async () => {},
    keep: (tx, build, task, end) => fanOut(tx, life, build, task, end),
  });
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
  await startArches(tx, life, build, task, source);
}

/** One task an architecture; that of i686 knows the one of its x86_64, whose builder is the best for it too. */
async function startArches(
  tx: Tx,
  life: BuildLife,
  build: BuildFacts,
  task: TaskFacts,
  { nvr, arches }: AcceptedPackages['source'],
): Promise<void> {
  const target = await life.targetOf(tx, build);
  const { buildTag } = target;
  const settings = await settingsWith(tx, buildTag, build.options.flavours);
  const able = await ableArches(tx);
  const extra = await extraArches(tx, target.destTag, nvr.name);
  const wanted = wantedArches(settings, build.options, nvr.name, extra);
  const made = new Map<string, number>();
  const planned = planArches(arches, wanted, (arch) => able.has(arch));
  const unlessOf = await rootsToBeat(tx, build, nvr.name, target, settings, planned);
  // The other of a pair first, so that its number is known.
  for (const one of planned.toSorted((a, b) => Number(a.arch in pairs) - Number(b.arch in pairs))) {
    const unless = one.excluded === null ? unlessOf(one) : undefined;
    const id = await createTask(
      tx,
      {
        kind: 'build',
        label: nvr.nvr,
        arch: one.arch,
        owner: build.owner,
        priority: task.priority,
        build: build.id,
        parent: task.id,
        package: nvr.name,
        tag: buildTag.id,
        ...demandsOf(settings, nvr.name, one.arch, nvr.nvr),
        after: build.after,
        beside: made.get(pairs[one.arch] ?? ''),
        request: {
          nvr: nvr.nvr,
          noarch: one.noarch,
          ...(one.target === null ? {} : { target: one.target }),
          ...(unless === undefined ? {} : { unless }),
        },
        ...(one.excluded === null
          ? {}
          : {
              state: 'excluded' as const,
              failure: { code: 'arch_excluded', message: one.excluded, fault: 'excluded' as const },
            }),
      },
      build.owner,
      `task:${task.id}`,
    );
    if (one.excluded === null && one.target === null) made.set(one.arch, id);
  }
}
