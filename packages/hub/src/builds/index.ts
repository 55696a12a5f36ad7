export { binaryKind } from './binary-task.ts';
export { BuildLife, publishPriority } from './life.ts';
export type { Repositories } from './neighbours.ts';
export { buildRoutes } from './routes.ts';
export { sourceKind } from './source-task.ts';
