/**
 * Tasks of kind `closure`: what can be installed of a try's side tag, beside what can be without it.
 */
import type { ClosureResult, RootOrder } from '@moromi/contract';
import { type BuildLife, rootOrder, wantedArches } from '../builds/index.ts';
import { requireTarget, settingsOf, type TagFacts, tagsById } from '../catalog/index.ts';
import type { Tx } from '../ledger/index.ts';
import { type Kind, NotYet, Refusal } from '../tasks/index.ts';
import { batchOf, lockOfBatch } from './batch-task.ts';
import { settle } from './engine.ts';
import type { RebuildRequest } from './rebuild-request.ts';
import { requireBatch } from './state.ts';
import { compared } from './try.ts';

export function closureKind(life: BuildLife): Kind {
  return {
    order: async (tx, task) => {
      const batch = await requireBatch(tx, batchOf(task));
      const { target: name } = batch.request as RebuildRequest;
      const { buildTag } = await requireTarget(tx, name);
      const side = (await tagsById(tx, batch.sideTag === null ? [] : [batch.sideTag.id]))
        .values()
        .next().value;
      if (side === undefined) throw new Error(`batch ${batch.id} has no side tag`);
      const { base, optional } = wantedArches(await settingsOf(tx, side), {}, '');
      const arches = [];
      for (const arch of [...base, ...optional]) {
        const before = await reposOf(tx, life, buildTag, arch);
        arches.push({ arch, before, after: await reposOf(tx, life, side, arch) });
      }
      return { closure: { arches } };
    },
    lock: lockOfBatch,
    inspect: async (_task, { closure }) => {
      if (closure === undefined)
        throw new Refusal('no_closure', 'the result does not say what can be installed', 'infrastructure');
      const fresh = closure.unmet.filter((one) => !one.before).length;
      const { unmet, unmetBefore } = closure.counts;
      // New ones come first in the list, so it has one wherever there are any.
      if (unmetBefore > unmet || fresh > unmet - unmetBefore || (fresh === 0 && unmet > unmetBefore))
        throw new Refusal('bad_closure', 'its list and its counts say different things', 'infrastructure');
      return closure;
    },
    ended: async (tx, task, end) => {
      const found =
        end.state === 'done'
          ? { closure: end.inspected as ClosureResult }
          : {
              failure: end.failure ?? {
                code: 'no_closure',
                message: `what can be installed was not found out by task ${task.id}`,
                fault: 'infrastructure' as const,
              },
            };
      await compared(tx, batchOf(task), task.id, found);
      await settle(tx, batchOf(task), end.actor);
    },
  };
}

/** Both sides are looked at when nothing of either is still to be shown, or the difference would be somebody else's. */
async function reposOf(tx: Tx, life: BuildLife, tag: TagFacts, arch: string): Promise<RootOrder['repos']> {
  const revision = await life.repositories.current(tx, tag);
  if (revision === undefined || (await life.repositories.awaited(tx, tag)).length > 0)
    throw new NotYet(`the repository of ${tag.name} does not show all of its builds yet`);
  return (await rootOrder(tx, life.repositories, tag, arch, {}, revision)).repos;
}
