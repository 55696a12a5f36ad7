/** All verbs, in the order in which the help shows them. */
import type { Verb } from '../verb.ts';
import { addTag } from './add-tag.ts';
import { addTarget } from './add-target.ts';
import { addToken } from './add-token.ts';
import { addWorkerToChannel } from './add-worker-to-channel.ts';
import { assignTask } from './assign-task.ts';
import { batchBuild } from './batch-build.ts';
import { batchInfo } from './batch-info.ts';
import { build } from './build.ts';
import { buildInfo } from './build-info.ts';
import { cancel } from './cancel.ts';
import { cancelBatch } from './cancel-batch.ts';
import { chainBuild } from './chain-build.ts';
import { disableWorker } from './disable-worker.ts';
import { downloadBuild } from './download-build.ts';
import { downloadLogs } from './download-logs.ts';
import { drainWorker } from './drain-worker.ts';
import { editTag } from './edit-tag.ts';
import { editWorker } from './edit-worker.ts';
import { enableWorker } from './enable-worker.ts';
import { events } from './events.ts';
import { freeTask } from './free-task.ts';
import { isPaused } from './is-paused.ts';
import { listBatches } from './list-batches.ts';
import { listBuilds } from './list-builds.ts';
import { listQuotas } from './list-quotas.ts';
import { listRevisions } from './list-revisions.ts';
import { listTagged } from './list-tagged.ts';
import { listTags } from './list-tags.ts';
import { listTargets } from './list-targets.ts';
import { listTasks } from './list-tasks.ts';
import { listWorkers } from './list-workers.ts';
import { mergeBatch } from './merge-batch.ts';
import { mockConfig } from './mock-config.ts';
import { moshimoshi } from './moshimoshi.ts';
import { pause } from './pause.ts';
import { pauseBatch, unpauseBatch } from './pause-batch.ts';
import { quarantineWorker } from './quarantine-worker.ts';
import { rebuild } from './rebuild.ts';
import { removeWorkerFromChannel } from './remove-worker-from-channel.ts';
import { requeue } from './requeue.ts';
import { resubmit } from './resubmit.ts';
import { setPriority } from './set-priority.ts';
import { setQuota } from './set-quota.ts';
import { shell } from './shell.ts';
import { startBatch } from './start-batch.ts';
import { stats } from './stats.ts';
import { tagInfo } from './tag-info.ts';
import { taskInfo } from './task-info.ts';
import { tryChange } from './try.ts';
import { unpause } from './unpause.ts';
import { updateBuilders } from './update-builders.ts';
import { watchBatch } from './watch-batch.ts';
import { watchLogs } from './watch-logs.ts';
import { watchTask } from './watch-task.ts';
import { why } from './why.ts';
import { workerInfo } from './worker-info.ts';

export const verbs: Verb[] = [
  build,
  chainBuild,
  batchBuild,
  rebuild,
  tryChange,
  startBatch,
  mergeBatch,
  watchBatch,
  batchInfo,
  listBatches,
  pauseBatch,
  unpauseBatch,
  cancelBatch,
  watchTask,
  watchLogs,
  why,
  resubmit,
  requeue,
  cancel,
  listTasks,
  taskInfo,
  listBuilds,
  buildInfo,
  downloadBuild,
  downloadLogs,
  shell,
  mockConfig,
  listTags,
  tagInfo,
  listTagged,
  listRevisions,
  listTargets,
  addTag,
  editTag,
  addTarget,
  stats,
  listWorkers,
  workerInfo,
  enableWorker,
  disableWorker,
  drainWorker,
  quarantineWorker,
  editWorker,
  addWorkerToChannel,
  removeWorkerFromChannel,
  updateBuilders,
  setPriority,
  assignTask,
  freeTask,
  pause,
  unpause,
  isPaused,
  listQuotas,
  setQuota,
  addToken,
  events,
  moshimoshi,
];
