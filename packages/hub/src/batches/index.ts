export { onBuildTurn } from './engine.ts';
export { Pump } from './pump.ts';
export { batchRoutes } from './routes.ts';
