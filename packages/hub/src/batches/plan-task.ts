/**
 * Tasks of kind `plan`: who needs whom, found in the repositories that the buildroots will see.
 */
import { type BuildLife, rootOrder, wantedArches } from '../builds/index.ts';
import { requireTarget, settingsOf } from '../catalog/index.ts';
import { type Kind, NotYet, Refusal } from '../tasks/index.ts';
import { batchOf, lockOfBatch } from './batch-task.ts';
import { planFailed, planned } from './rebuild.ts';
import type { RebuildRequest } from './rebuild-request.ts';
import { requireBatch } from './state.ts';

export function planKind(life: BuildLife): Kind {
  return {
    order: async (tx, task) => {
      const request = (await requireBatch(tx, batchOf(task))).request as RebuildRequest;
      const { buildTag } = await requireTarget(tx, request.target);
      const settings = await settingsOf(tx, buildTag);
      const { base, optional } = wantedArches(settings, {}, '');
      const revision = await life.repositories.current(tx, buildTag);
      if (revision === undefined) throw new NotYet(`the tag ${buildTag.name} has no repository yet`);
      const arches = [];
      for (const arch of [...base, ...optional]) {
        const { repos } = await rootOrder(tx, life.repositories, buildTag, arch, {}, revision);
        arches.push({ arch, repos });
      }
      const all = arches.map((one) => one.arch);
      // What was never built says it once, for all architectures.
      const packages = request.packages.map(({ name, requires }) => ({
        name,
        requires: requires.map((one) => (one.arches.length === 0 ? { ...one, arches: all } : one)),
      }));
      return { plan: { arches, packages } };
    },
    lock: lockOfBatch,
    inspect: async (task, completion) => {
      const result = completion.planned;
      if (result === undefined) throw new Refusal('no_plan', 'the result names no plan', 'infrastructure');
      const places = [
        ...result.needs.flatMap((one) => [one.package, one.needs]),
        ...result.missing.map((one) => one.package),
      ];
      const most = places.reduce((a, b) => Math.max(a, b), -1);
      if (most >= (task.request as { packages: number }).packages)
        throw new Refusal(
          'bad_plan',
          `the plan speaks of package ${most}, which was not asked for`,
          'infrastructure',
        );
      return result;
    },
    ended: async (tx, task, end) => {
      const id = batchOf(task);
      if (end.state === 'done')
        await planned(tx, life, id, end.inspected as Parameters<typeof planned>[3], end.actor);
      else {
        const failure = end.failure ?? {
          code: 'no_plan',
          message: `its plan, task ${task.id}, was not made`,
          fault: 'infrastructure' as const,
        };
        await planFailed(tx, id, failure, end.actor);
      }
    },
  };
}
