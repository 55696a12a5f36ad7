export { closureKind } from './closure-task.ts';
export { onBuildTurn } from './engine.ts';
export { planKind } from './plan-task.ts';
export { Pump } from './pump.ts';
export { batchRoutes } from './routes.ts';
