export { binaryKind } from './binary-task.ts';
export { BuildLife, publishPriority } from './life.ts';
export type { Repositories } from './neighbours.ts';
export { readPackage, readSubmitted } from './package-file.ts';
export { type BuildFacts, findBuild, findBuildByNvr, type LastSource, lastSources } from './queries.ts';
export { rootOrder, wantedArches } from './root.ts';
export { buildRoutes } from './routes.ts';
export { sourceKind } from './source-task.ts';
export type { OnTurn, Turn } from './turns.ts';
