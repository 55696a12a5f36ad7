export { createTask } from './create.ts';
export { Dispatcher } from './dispatch.ts';
export { checkFence, holdAttempt } from './fence.ts';
export { Finisher } from './finish.ts';
export { type End, type Kind, Kinds, Refusal } from './kinds.ts';
export { sweepLeases } from './leases.ts';
export { amendRequest, blockersOf, findTask, nextTaskId, type TaskFacts, tasksOfBuild } from './queries.ts';
export { cancelTask, cursorId, taskRoutes } from './routes.ts';
