/** All verbs, in the order in which the help shows them. */
import type { Verb } from '../verb.ts';
import { addTag } from './add-tag.ts';
import { addTarget } from './add-target.ts';
import { addToken } from './add-token.ts';
import { build } from './build.ts';
import { buildInfo } from './build-info.ts';
import { cancel } from './cancel.ts';
import { downloadBuild } from './download-build.ts';
import { downloadLogs } from './download-logs.ts';
import { events } from './events.ts';
import { listBuilds } from './list-builds.ts';
import { listRevisions } from './list-revisions.ts';
import { listTagged } from './list-tagged.ts';
import { listTags } from './list-tags.ts';
import { listTargets } from './list-targets.ts';
import { listTasks } from './list-tasks.ts';
import { listWorkers } from './list-workers.ts';
import { mockConfig } from './mock-config.ts';
import { moshimoshi } from './moshimoshi.ts';
import { resubmit } from './resubmit.ts';
import { shell } from './shell.ts';
import { tagInfo } from './tag-info.ts';
import { taskInfo } from './task-info.ts';
import { watchLogs } from './watch-logs.ts';
import { watchTask } from './watch-task.ts';

export const verbs: Verb[] = [
  build,
  watchTask,
  watchLogs,
  resubmit,
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
  addTarget,
  listWorkers,
  addToken,
  events,
  moshimoshi,
];
