/** All verbs, in the order in which the help shows them. */
import type { Verb } from '../verb.ts';
import { addFlavour } from './add-flavour.ts';
import { addKey } from './add-key.ts';
import { addPkg } from './add-pkg.ts';
import { addPlatform } from './add-platform.ts';
import { addTag } from './add-tag.ts';
import { addTagInheritance } from './add-tag-inheritance.ts';
import { addTarget } from './add-target.ts';
import { addToken } from './add-token.ts';
import { addWorkerToChannel } from './add-worker-to-channel.ts';
import { assignTask } from './assign-task.ts';
import { batchBuild } from './batch-build.ts';
import { batchInfo } from './batch-info.ts';
import { blockPkg, removePkg, unblockPkg } from './block-pkg.ts';
import { build } from './build.ts';
import { buildInfo } from './build-info.ts';
import { cancel } from './cancel.ts';
import { cancelBatch } from './cancel-batch.ts';
import { catalogueInfo } from './catalogue-info.ts';
import { chainBuild } from './chain-build.ts';
import { cloneTag } from './clone-tag.ts';
import { disableWorker } from './disable-worker.ts';
import { addDistRecord, listDistRecords, removeDistRecord } from './dist-records.ts';
import { distRepo } from './dist-repo.ts';
import { distRepoInfo } from './dist-repo-info.ts';
import { downloadBuild } from './download-build.ts';
import { downloadLogs } from './download-logs.ts';
import { drainWorker } from './drain-worker.ts';
import { editFlavour } from './edit-flavour.ts';
import { editPlatform } from './edit-platform.ts';
import { editTag } from './edit-tag.ts';
import { editTagInheritance } from './edit-tag-inheritance.ts';
import { editTarget } from './edit-target.ts';
import { editWorker } from './edit-worker.ts';
import { enableWorker } from './enable-worker.ts';
import { events } from './events.ts';
import { exportUnsigned } from './export-unsigned.ts';
import { externalRepoInfo, listExternalRepos } from './external-repo-info.ts';
import {
  addExternalRepo,
  editExternalRepo,
  refreshExternalRepo,
  removeExternalRepo,
} from './external-repos.ts';
import { finish } from './finish.ts';
import { freeTask } from './free-task.ts';
import { gc } from './gc.ts';
import { addGroupPkg, listGroups, removeGroupPkg } from './group-pkg.ts';
import { holdRevision, listHolds, releaseHold } from './hold-revision.ts';
import { importSig } from './import-sig.ts';
import { isPaused } from './is-paused.ts';
import { keyInfo, revokeKey, rotateKey } from './key-info.ts';
import { latestBuild } from './latest-build.ts';
import { listBatches } from './list-batches.ts';
import { listBuilds } from './list-builds.ts';
import { listDistRepos } from './list-dist-repos.ts';
import { listFlavours } from './list-flavours.ts';
import { listHistory } from './list-history.ts';
import { listKeys } from './list-keys.ts';
import { listPkgs } from './list-pkgs.ts';
import { listPlatforms } from './list-platforms.ts';
import { listQuotas } from './list-quotas.ts';
import { listRevisions } from './list-revisions.ts';
import { listSigned } from './list-signed.ts';
import { listTagInheritance } from './list-tag-inheritance.ts';
import { listTagged } from './list-tagged.ts';
import { listTags } from './list-tags.ts';
import { listTargets } from './list-targets.ts';
import { listTasks } from './list-tasks.ts';
import { listUntagged } from './list-untagged.ts';
import { listWorkers } from './list-workers.ts';
import { lockTag, unlockTag } from './lock-tag.ts';
import { mergeBatch } from './merge-batch.ts';
import { mockConfig } from './mock-config.ts';
import { moshimoshi } from './moshimoshi.ts';
import { moveBuild } from './move-build.ts';
import { pause } from './pause.ts';
import { pauseBatch, unpauseBatch } from './pause-batch.ts';
import { platformInfo } from './platform-info.ts';
import { pruneSignedCopies } from './prune-signed-copies.ts';
import { quarantineWorker } from './quarantine-worker.ts';
import { rebuild } from './rebuild.ts';
import { regenRepo } from './regen-repo.ts';
import { removeFlavour } from './remove-flavour.ts';
import { removePlatform } from './remove-platform.ts';
import { removeTag } from './remove-tag.ts';
import { removeTagInheritance } from './remove-tag-inheritance.ts';
import { removeTarget } from './remove-target.ts';
import { removeWorkerFromChannel } from './remove-worker-from-channel.ts';
import { renameTag } from './rename-tag.ts';
import { listRepoScripts, runRepoScript } from './repo-scripts.ts';
import { requeue } from './requeue.ts';
import { restoreRepo } from './restore-repo.ts';
import { resubmit } from './resubmit.ts';
import { rpmInfo } from './rpm-info.ts';
import { scrub } from './scrub.ts';
import { setCatalogue } from './set-catalogue.ts';
import { setPkgArches, setPkgOwner } from './set-pkg-owner.ts';
import { setPriority } from './set-priority.ts';
import { setQuota } from './set-quota.ts';
import { removeTagKey, setTagKey } from './set-tag-key.ts';
import { shell } from './shell.ts';
import { addSideTag, editSideTag, listSideTags, removeSideTag } from './side-tags.ts';
import { signBuild, writeSignedRpm } from './sign-build.ts';
import { signFile } from './sign-file.ts';
import { startBatch } from './start-batch.ts';
import { stats } from './stats.ts';
import { swapTag } from './swap-tag.ts';
import { syncCatalogue } from './sync-catalogue.ts';
import { tagBuild } from './tag-build.ts';
import { tagInfo } from './tag-info.ts';
import { taskInfo } from './task-info.ts';
import { tryChange } from './try.ts';
import { unpause } from './unpause.ts';
import { untagBuild } from './untag-build.ts';
import { updateBuilders } from './update-builders.ts';
import { waitRepo } from './wait-repo.ts';
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
  latestBuild,
  listUntagged,
  listHistory,
  listRevisions,
  holdRevision,
  releaseHold,
  listHolds,
  gc,
  scrub,
  regenRepo,
  waitRepo,
  distRepo,
  distRepoInfo,
  addDistRecord,
  listDistRecords,
  removeDistRecord,
  listRepoScripts,
  runRepoScript,
  listDistRepos,
  restoreRepo,
  listTargets,
  listPlatforms,
  platformInfo,
  listFlavours,
  catalogueInfo,
  tagBuild,
  untagBuild,
  moveBuild,
  addTag,
  editTag,
  renameTag,
  removeTag,
  cloneTag,
  swapTag,
  lockTag,
  unlockTag,
  listTagInheritance,
  addTagInheritance,
  editTagInheritance,
  removeTagInheritance,
  listPkgs,
  addPkg,
  blockPkg,
  unblockPkg,
  removePkg,
  setPkgOwner,
  setPkgArches,
  listGroups,
  addGroupPkg,
  removeGroupPkg,
  addSideTag,
  editSideTag,
  removeSideTag,
  listSideTags,
  addTarget,
  editTarget,
  removeTarget,
  addPlatform,
  editPlatform,
  removePlatform,
  addFlavour,
  editFlavour,
  removeFlavour,
  setCatalogue,
  syncCatalogue,
  signBuild,
  writeSignedRpm,
  signFile,
  listSigned,
  rpmInfo,
  exportUnsigned,
  importSig,
  finish,
  pruneSignedCopies,
  listKeys,
  keyInfo,
  addKey,
  revokeKey,
  rotateKey,
  listExternalRepos,
  externalRepoInfo,
  addExternalRepo,
  editExternalRepo,
  removeExternalRepo,
  refreshExternalRepo,
  setTagKey,
  removeTagKey,
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
