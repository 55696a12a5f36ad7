/**
 * Tasks of kind `external`: an external repository is looked at, and what it has now is taken into use.
 *
 * Invariant: whoever says that the task is done, the hub itself looks then. What a repository has is in use from the
 * moment at which the pointer moves, and the tags that merge it ask for new revisions in the same transaction. One that is
 * away or wrong keeps what is in use, and its trouble is told.
 */
import { edges, inheritors, newestChange, type OnAltered, tagsById } from '../catalog/index.ts';
import { type Ledger, type Reader, type Tx, tell } from '../ledger/index.ts';
import { type Kind, Refusal, type TaskFacts } from '../tasks/index.ts';
import type { Found } from './look.ts';
import type { Lookers } from './lookers.ts';
import {
  archesOf,
  type ExternalFacts,
  externalsById,
  lockArch,
  setChecked,
  setDue,
  setTrouble,
  tagsNaming,
  withRepository,
} from './queries.ts';
import { type ExternalRequest, pauseAfterTrouble, usualPause } from './schedule.ts';
import { asTrouble } from './trouble.ts';

export function externalKind(ledger: Ledger, lookers: Lookers, request: OnAltered): Kind {
  return {
    order: async () => ({}),
    lock: async (tx, task) => {
      const { external, arch } = task.request as ExternalRequest;
      await lockArch(tx, external, arch);
    },
    inspect: async (task) => await inspect(ledger.read, lookers, task),
    ended: async (tx, task, end) => {
      const { external: id, arch } = task.request as ExternalRequest;
      const external = await requireExternal(tx, id);
      const facts = (await archesOf(tx, [id])).find((one) => one.arch === arch);
      const about = { subject: `external:${external.name}`, actor: end.actor, cause: `task:${task.id}` };
      if (end.state === 'failed' && end.failure !== null) {
        const again = pauseAfterTrouble(external.definition, facts?.failures ?? 0, facts?.snapshot == null);
        await setTrouble(tx, id, arch, end.failure, again);
        tell(tx, { type: 'external.trouble', ...about, data: { arch, task: task.id, failure: end.failure } });
        return;
      }
      const again = usualPause(external.definition);
      if (end.state !== 'done') return await setDue(tx, id, arch, again);
      const { snapshot, mirrors, known } = end.inspected as Found;
      await setChecked(tx, { external: id, arch, snapshot: snapshot?.id ?? null, mirrors, known, again });
      if (facts?.trouble != null) tell(tx, { type: 'external.sound-again', ...about, data: { arch } });
      if (snapshot === null) return;
      tell(tx, { type: 'external.snapshot', ...about, data: { arch, ...snapshot } });
      await requestRevisions(tx, external, request, end.actor);
    },
  };
}

async function inspect(reader: Reader, lookers: Lookers, task: TaskFacts): Promise<Found> {
  const { external: id, arch } = task.request as ExternalRequest;
  const { name, definition } = await requireExternal(reader, id);
  const facts = (await archesOf(reader, [id])).find((one) => one.arch === arch);
  const current = facts?.snapshot ?? null;
  try {
    return await lookers.look({ external: id, name, arch, definition, known: facts?.known ?? null, current });
  } catch (error) {
    const trouble = asTrouble(error);
    // It is tried again at its time: as a failure of this worker it would count against that one.
    throw new Refusal(trouble.code, trouble.message.slice(0, 4000), 'package');
  }
}

async function requireExternal(reader: Reader, id: number): Promise<ExternalFacts> {
  const external = (await externalsById(reader, [id])).get(id);
  if (external === undefined) throw new Error(`there is no external repository ${id}`);
  return external;
}

/** Of each tag that may merge it and has a repository. */
async function requestRevisions(
  tx: Tx,
  external: ExternalFacts,
  request: OnAltered,
  actor: string,
): Promise<void> {
  const change = await newestChange(tx);
  const named = await tagsNaming(tx, external);
  const links = await edges(tx, change);
  const down = [...new Set(named.flatMap((tag) => inheritors(links, tag)))];
  const tags = await tagsById(tx, await withRepository(tx, down));
  await request(tx, [...tags.values()], change, null, actor);
}
