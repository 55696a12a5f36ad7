/**
 * Tasks of kind `build`: the binary packages of one architecture.
 *
 * Invariant: a noarch package that several architectures made counts once, as the first of them made it, and only if
 * they agree.
 */
import { createHash } from 'node:crypto';
import type { PackageResult } from '@moromi/contract';
import type { BlobStore } from '../blobs/index.ts';
import type { Ledger, Tx } from '../ledger/index.ts';
import { type End, type Kind, LookAgain, Refusal, type TaskFacts } from '../tasks/index.ts';
import type { AcceptedPackages } from './accept.ts';
import { agreeWithOthers } from './agreement.ts';
import type { BuildLife } from './life.ts';
import { packageKind } from './package-task.ts';
import { type BuildFacts, insertBuildroot, insertRpms, rpmsOfBuild } from './queries.ts';

export function binaryKind(ledger: Ledger, store: BlobStore, life: BuildLife): Kind {
  return packageKind(ledger, store, life, {
    check: async (task, accepted) => {
      const { nvr } = task.request as { nvr: string };
      if (accepted.source.nvr.nvr !== nvr)
        throw new Refusal(
          'nvr_changed',
          `on ${task.arch} the source package became ${accepted.source.nvr.nvr} and not ${nvr}: its version or release depends on the architecture`,
        );
      accepted.agreed = await agreeWithOthers(ledger.read, store, task, accepted.rpms);
    },
    keep: (tx, build, task, end) => keep(tx, life, build, task, end),
  });
}

async function keep(tx: Tx, life: BuildLife, build: BuildFacts, task: TaskFacts, end: End): Promise<void> {
  const { source, rpms, installed, agreed } = end.inspected as AcceptedPackages;
  const there = new Set((await rpmsOfBuild(tx, build.id)).map((one) => one.nevra));
  // Another architecture's came between the look and now.
  if (rpms.some((rpm) => rpm.arch === 'noarch' && there.has(rpm.nevra) && !agreed.has(rpm.nevra)))
    throw new LookAgain();
  const fresh = rpms.filter((rpm) => !(rpm.arch === 'noarch' && there.has(rpm.nevra)));
  const { taken } = await insertRpms(tx, build.id, task.id, !build.scratch, fresh);
  if (taken.length > 0) {
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
  }
  if (build.revision === null) throw new Error(`build ${build.id} has results and no pinned revision`);
  const packages = canonical(installed);
  const root = {
    task: task.id,
    attempt: end.attempt,
    build: build.id,
    arch: task.arch ?? '',
    worker: end.worker ?? '',
    revision: build.revision,
  };
  await insertBuildroot(
    tx,
    root,
    packages,
    createHash('sha256').update(JSON.stringify(packages)).digest('hex'),
    source.requires,
  );
}

function canonical(installed: PackageResult['installed']): PackageResult['installed'] {
  return installed
    .map(({ nevra, sha256, repo }) => ({ nevra, sha256, repo }))
    .toSorted((a, b) => (a.nevra < b.nevra ? -1 : a.nevra > b.nevra ? 1 : a.sha256 < b.sha256 ? -1 : 1));
}
