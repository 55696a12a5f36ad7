/** Making tasks, with the event that tells of it. */
import { hint, type Tx, tell } from '../ledger/index.ts';
import { needsOf } from './learned-needs.ts';
import { history } from './learning.ts';
import { insertTask, type NewTask } from './queries.ts';

export async function createTask(tx: Tx, task: NewTask, actor: string, cause?: string): Promise<number> {
  const { expected, own } = await history(tx, task);
  const id = await insertTask(tx, { ...task, needs: await needsOf(tx, task, own) }, expected);
  tell(tx, {
    type: 'task.created',
    subject: `task:${id}`,
    actor,
    cause,
    build: task.build,
    data: {
      kind: task.kind,
      arch: task.arch,
      label: task.label,
      parent: task.parent,
      to: task.state ?? 'free',
      ...(task.failure === undefined ? {} : { failure: task.failure }),
    },
  });
  hint(tx, 'tasks');
  return id;
}
