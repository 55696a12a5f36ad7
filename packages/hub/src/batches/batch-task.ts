/** What tasks have in common that a whole batch waits for: they belong to no build, and the batch is locked before them. */
import type { Kind, TaskFacts } from '../tasks/index.ts';
import { lockBatch } from './queries.ts';

export const batchOf = (task: Pick<TaskFacts, 'request'>): number =>
  (task.request as { batch: number }).batch;

export const lockOfBatch: NonNullable<Kind['lock']> = async (tx, task) => {
  await lockBatch(tx, batchOf(task));
};
