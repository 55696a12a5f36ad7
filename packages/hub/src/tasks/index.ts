export { gatherFleet } from './age.ts';
export { createTask } from './create.ts';
export { Dispatcher } from './dispatch.ts';
export { explain } from './explain.ts';
export { checkFence, holdAttempt } from './fence.ts';
export { Finisher } from './finish.ts';
export { fleetRoutes } from './fleet-routes.ts';
export { InHouseWorker } from './in-house.ts';
export { type End, type Kind, Kinds, LookAgain, NotYet, Refusal, type Shared } from './kinds.ts';
export { expected, expectedBuilds } from './learning.ts';
export { sweepLeases } from './leases.ts';
export {
  amendRequest,
  blockersOf,
  blockMore,
  findTask,
  nextTaskId,
  redoTask,
  reopenTask,
  type TaskFacts,
  tasksOfBuild,
} from './queries.ts';
export { cancelTask, cursorId, taskRoutes } from './routes.ts';
export { isOpen } from './rules.ts';
export { tellWaiting } from './tell-waiting.ts';
export { Watches } from './watch.ts';
