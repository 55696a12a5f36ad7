/**
 * Tasks of kind `srpm`: the source package rebuilt with the target's macros, after which the NVR is known.
 */
import type { BlobStore } from '../blobs/index.ts';
import { settingsOf } from '../catalog/index.ts';
import type { Ledger, Tx } from '../ledger/index.ts';
import { createTask, type End, type Kind, type TaskFacts } from '../tasks/index.ts';
import type { AcceptedPackages } from './accept.ts';
import { planArches } from './arches.ts';
import type { BuildLife } from './life.ts';
import { packageKind } from './package-task.ts';
import { type BuildFacts, insertRpms, setSourceRpm, takeNvr } from './queries.ts';
import { wantedArches } from './root.ts';

export function sourceKind(ledger: Ledger, store: BlobStore, life: BuildLife): Kind {
  return packageKind(ledger, store, life, {
    check: () => {},
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
